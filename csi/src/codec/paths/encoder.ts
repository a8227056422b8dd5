import type { AngularDelayCsi } from '../../csi.ts';
import { checkRate, type EncodeContext, type PayloadEncoder, type UeCodec } from '../codec.ts';
import type { PathReport } from './codec.ts';
import { MATRICES_KEPT } from './doppler.ts';
import { type PathKnobs, type PathsSpec, pathKnobs, pathRate, pathsShape } from './knobs.ts';
import { knownOf } from './known.ts';
import type { PathRate } from './path-rate.ts';
import { checkSpec, type PathCodecSpec } from './spec.ts';

/** The UE's end of the codec. @throws CsiError `model-invalid` where the spec is none. */
export function createPathsUe(spec: PathsSpec): UeCodec {
  checkSpec(spec.codec);
  return {
    kind: spec.kind,
    shape: pathsShape(spec),
    knobs: pathKnobs(spec),
    networks: [],
    trialNorm: 1,
    ...(spec.codec.doppler !== false && { matricesKept: MATRICES_KEPT }),
    // Loaded by the first report: a page whose UE runs networks loads no pursuit.
    createEncoder: () => createPathsEncoder(spec, () => openCodec(spec.codec)),
  };
}

/** What encodes a matrix, with those before it where the model takes any, and with what both ends know. */
export interface MatrixEncoder {
  encode(
    csi: AngularDelayCsi,
    rate: PathRate,
    context?: EncodeContext,
  ): Pick<PathReport, 'payload' | 'bits' | 'knownVersion'>;
}

async function openCodec(spec: PathCodecSpec): Promise<MatrixEncoder> {
  if (spec.doppler !== false) {
    const [{ createMovingPathCodec }, { withHistory }] = await Promise.all([
      import('./moving.ts'),
      import('./history.ts'),
    ]);
    return withHistory(createMovingPathCodec(spec).encode, spec.doppler);
  }
  const { createPathCodec } = await import('./codec.ts');
  const codec = createPathCodec(spec);
  return { encode: (csi, rate, context) => codec.encode(csi, rate, knownOf(context?.memory)) };
}

/**
 * Makes path reports.
 *
 * @param open - gets what encodes CSI ready, when the first report asks for it
 */
export function createPathsEncoder(spec: PathsSpec, open: () => Promise<MatrixEncoder>): PayloadEncoder {
  const knobs = pathKnobs(spec);
  let codec: Promise<MatrixEncoder> | undefined;
  return {
    async encode(csi, rate, context) {
      checkRate(knobs, rate);
      codec ??= open();
      const mode = modeOf(pathRate(spec, rate));
      const memory = isWorthAList(mode) ? context?.memory : undefined;
      const { payload, bits, knownVersion } = (await codec).encode(csi, mode, context && { ...context, memory });
      return {
        codeword: payload,
        scale: 0,
        phase: new Uint8Array(0),
        payloadBits: { paths: bits, total: bits },
        ...(knownVersion !== undefined && memory && { reference: memory }),
      };
    },
  };
}

/**
 * Most bits of a report under a cap that is tried with a list, too: beyond, it takes longest and gains least, as most of its bits are
 * no places.
 */
const MOST_CAP_WITH_LIST = 250;

function isWorthAList(rate: PathRate): boolean {
  return rate.mode !== 'cap' || rate.maxBits <= MOST_CAP_WITH_LIST;
}

function modeOf({ maxPayloadBits, bitPriceTenthDb }: PathKnobs): PathRate {
  if (bitPriceTenthDb === 0) return { mode: 'cap', maxBits: maxPayloadBits };
  return { mode: 'quality', bitPrice: 10 ** (-bitPriceTenthDb / 100), maxBits: maxPayloadBits };
}
