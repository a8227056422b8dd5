import type { BsCodec, Networks, Unquantized } from './codec.ts';
import { createDualnetBs } from './dualnet/decoder.ts';
import { dualnetBounds } from './dualnet/spec.ts';
import { unquantizedDualnet } from './dualnet/unquantized.ts';
import type { CodecSpec } from './ue-codec.ts';

/** Least and greatest value of every knob that a codec of any kind has: whole numbers. */
export const knobBounds = { ...dualnetBounds };

/** @throws CsiError `model-invalid` where the parts of the spec do not fit each other. */
export function createBsCodec(spec: CodecSpec): BsCodec {
  return createDualnetBs(spec);
}

/** What the codec's networks do without its quantiser. @param networks - of both ends */
export function unquantized(spec: CodecSpec, networks: Networks): Unquantized {
  return unquantizedDualnet(spec, networks);
}
