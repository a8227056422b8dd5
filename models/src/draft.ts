import type { Manifest, ManifestRecord } from './manifest.ts';
import { draftSchema, parseWith } from './schema.ts';

/** What an author knows of a model before quantiser and phase allocation are fitted to it. */
export interface DraftManifest extends Pick<Manifest, 'id' | 'family' | 'csi' | 'normalization' | 'planes'> {
  readonly schema: 'edge-csi/draft@1';
  readonly codeword: {
    /** Of all components together, before any truncation. */
    readonly totalBits: number;
  };
  /** Mean bits of a whole report: codeword, norm and phases or signs. */
  readonly reportBits: number;
  /** Files beside the draft, with inputs and outputs as a manifest's. */
  readonly files: { readonly encoder: string; readonly decoder: string; readonly refiner?: string | undefined };
  readonly training: ManifestRecord;
}

/** Validates a parsed draft. @throws CsiError `model-invalid`, naming the first field that does not fit. */
export function parseDraft(json: unknown): DraftManifest {
  return parseWith(draftSchema, json);
}
