import type { UeCodec } from './codec.ts';
import { createDualnetUe, type DualnetSpec } from './dualnet/spec.ts';

// Apart from the payload encoder: a UE with a kernel of its own bundles none of that.

/** What a manifest says of its codec, of whatever kind. Plain data: it crosses to other threads. */
export type CodecSpec = DualnetSpec;

/** @throws CsiError `model-invalid` where the parts of the spec do not fit each other. */
export function createUeCodec(spec: CodecSpec): UeCodec {
  return createDualnetUe(spec);
}
