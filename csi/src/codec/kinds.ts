import type { BsCodec, Networks, UeCodec, Unquantized } from './codec.ts';
import { createComplexBs } from './csi/bs.ts';
import type { ComplexSpec } from './csi/csi.ts';
import { createComplexUe } from './csi/ue.ts';
import { unquantizedComplex } from './csi/unquantized.ts';
import { createDualnetBs } from './dualnet/decoder.ts';
import { type DualnetSpec, dualnetBounds } from './dualnet/dualnet.ts';
import { createDualnetUe } from './dualnet/ue.ts';
import { unquantizedDualnet } from './dualnet/unquantized.ts';
import { createPathsBs } from './paths/bs.ts';
import { createPathsUe } from './paths/encoder.ts';
import { type PathsSpec, pathBounds } from './paths/knobs.ts';

// The one place that tells kinds of codecs apart, by `kind`: a further kind joins here. A function for each use, and
// encoders loaded by their first report, so that a UE bundles no more than its own.

/** What a manifest says of its codec, of whatever kind. Plain data: it crosses to other threads. */
export type CodecSpec = DualnetSpec | ComplexSpec | PathsSpec;

/** Least and greatest value of every rate knob that a codec of any kind has: whole numbers. */
export const knobBounds = { ...dualnetBounds, ...pathBounds };

/** @throws CsiError `model-invalid` where the parts of the spec do not fit each other. */
export function createUeCodec(spec: CodecSpec): UeCodec {
  if (spec.kind === 'paths') return createPathsUe(spec);
  return spec.kind === 'csi' ? createComplexUe(spec) : createDualnetUe(spec);
}

/** @throws CsiError `model-invalid` where the parts of the spec do not fit each other. */
export function createBsCodec(spec: CodecSpec): BsCodec {
  if (spec.kind === 'paths') return createPathsBs(spec);
  return spec.kind === 'csi' ? createComplexBs(spec) : createDualnetBs(spec);
}

/**
 * What the codec's networks do without its quantiser; undefined where there is no such thing.
 *
 * @param networks - of both ends
 */
export function unquantized(spec: CodecSpec, networks: Networks): Unquantized | undefined {
  if (spec.kind === 'paths') return undefined;
  return spec.kind === 'csi' ? unquantizedComplex(spec, networks) : unquantizedDualnet(spec, networks);
}
