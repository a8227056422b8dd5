import type { RepresentationSpec } from '@edge-csi/csi';
import { type ModelBundle, representationOf } from '@edge-csi/models';

/** What a decode worker needs of a model. Plain data: it crosses to another thread. */
export interface DecoderModel {
  readonly id: string;
  readonly representation: RepresentationSpec;
  readonly codewordBits: readonly number[];
  readonly codewordStep: readonly number[];
  /** Most phase bits of one entry; 1 where signs are sent. */
  readonly maxPhaseBits: number;
  readonly allocation: Uint8Array;
  readonly decoderOnnx: Uint8Array;
  readonly refinerOnnx: Uint8Array | undefined;
}

/** The BS's half of a model that was loaded with its decoder and, where it has one, its refiner. */
export function decoderModelOf({ manifest, files }: ModelBundle): DecoderModel {
  return {
    id: manifest.id,
    representation: representationOf(manifest),
    codewordBits: manifest.codeword.bits,
    codewordStep: manifest.codeword.step,
    maxPhaseBits: manifest.phase.maxBits,
    allocation: files.get('allocation') as Uint8Array,
    decoderOnnx: files.get('decoder') as Uint8Array,
    refinerOnnx: files.get('refiner'),
  };
}
