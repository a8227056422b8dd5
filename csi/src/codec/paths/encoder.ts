import { checkRate, type PayloadEncoder, type UeCodec } from '../codec.ts';
import type { PathCodec } from './codec.ts';
import { type PathKnobs, type PathsSpec, pathKnobs, pathRate, pathsShape } from './knobs.ts';
import type { PathRate } from './path-rate.ts';
import { checkSpec } from './spec.ts';

/** The UE's end of the codec. @throws CsiError `model-invalid` where the spec is none. */
export function createPathsUe(spec: PathsSpec): UeCodec {
  checkSpec(spec.codec);
  return {
    kind: spec.kind,
    shape: pathsShape(spec),
    knobs: pathKnobs(spec),
    networks: [],
    trialNorm: 1,
    // Loaded by the first report: a page whose UE runs networks loads no pursuit.
    createEncoder: () =>
      createPathsEncoder(spec, () => import('./codec.ts').then(({ createPathCodec }) => createPathCodec(spec.codec))),
  };
}

/**
 * Makes path reports.
 *
 * @param open - gets what encodes CSI ready, when the first report asks for it
 */
export function createPathsEncoder(spec: PathsSpec, open: () => Promise<Pick<PathCodec, 'encode'>>): PayloadEncoder {
  const knobs = pathKnobs(spec);
  let codec: Promise<Pick<PathCodec, 'encode'>> | undefined;
  return {
    async encode(csi, rate) {
      checkRate(knobs, rate);
      codec ??= open();
      const { payload, bits } = (await codec).encode(csi, modeOf(pathRate(spec, rate)));
      return {
        codeword: payload,
        scale: 0,
        phase: new Uint8Array(0),
        payloadBits: { paths: bits, total: bits },
      };
    },
  };
}

function modeOf({ maxPayloadBits, bitPriceTenthDb }: PathKnobs): PathRate {
  if (bitPriceTenthDb === 0) return { mode: 'cap', maxBits: maxPayloadBits };
  return { mode: 'quality', bitPrice: 10 ** (-bitPriceTenthDb / 100), maxBits: maxPayloadBits };
}
