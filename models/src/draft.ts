import * as v from 'valibot';
import { parseWith, sharedFields } from './manifest.ts';

const count = v.pipe(v.number(), v.integer(), v.minValue(1));
const plainName = v.pipe(v.string(), v.regex(/^[\w.-]+$/, 'a plain file name'));

const draftSchema = v.strictObject({
  schema: v.literal('edge-csi/draft@1'),
  id: sharedFields.id,
  family: v.string(),
  csi: sharedFields.csi,
  normalization: sharedFields.normalization,
  planes: sharedFields.planes,
  codeword: v.strictObject({
    /** Of all components together, before any truncation. */
    totalBits: count,
  }),
  /** Mean bits of a whole report: codeword, norm and phases or signs. */
  reportBits: count,
  /** Files beside the draft, with inputs and outputs as a manifest's. */
  files: v.strictObject({ encoder: plainName, decoder: plainName, refiner: v.optional(plainName) }),
  training: v.optional(sharedFields.training, {}),
});

/** What an author knows of a model before quantiser and phase allocation are fitted to it. */
export type DraftManifest = v.InferOutput<typeof draftSchema>;

/** Validates a parsed draft. @throws CsiError `model-invalid`, naming the first field that does not fit. */
export function parseDraft(json: unknown): DraftManifest {
  return parseWith(draftSchema, json);
}
