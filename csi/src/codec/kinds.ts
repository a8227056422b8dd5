import type { BsCodec, Networks, UeCodec, Unquantized } from './codec.ts';
import { createDualnetBs } from './dualnet/decoder.ts';
import { type DualnetSpec, dualnetBounds } from './dualnet/dualnet.ts';
import { createDualnetUe, unquantizedDualnet } from './dualnet/encoder.ts';

// The one place that tells kinds of codecs apart, by `kind`: a further kind joins here. A function for each use, so that
// a UE bundles no decoder.

/** What a manifest says of its codec, of whatever kind. Plain data: it crosses to other threads. */
export type CodecSpec = DualnetSpec;

/** Least and greatest value of every rate knob that a codec of any kind has: whole numbers. */
export const knobBounds = { ...dualnetBounds };

/** @throws CsiError `model-invalid` where the parts of the spec do not fit each other. */
export function createUeCodec(spec: CodecSpec): UeCodec {
  return createDualnetUe(spec);
}

/** @throws CsiError `model-invalid` where the parts of the spec do not fit each other. */
export function createBsCodec(spec: CodecSpec): BsCodec {
  return createDualnetBs(spec);
}

/**
 * What the codec's networks do without its quantiser; undefined where there is no such thing.
 *
 * @param networks - of both ends
 */
export function unquantized(spec: CodecSpec, networks: Networks): Unquantized | undefined {
  return unquantizedDualnet(spec, networks);
}
