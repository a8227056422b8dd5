import type { AngularDelayCsi } from '../../csi.ts';
import { type ArrayResponse, type PlanarArray, toAntennas } from '../../transform/array.ts';
import { createPathCodec, type PathCodec } from './codec.ts';
import type { PathCodecSpec } from './spec.ts';

/** Squared error a bit has to save in the reports that a response is estimated from: enough bits for paths, too few for errors. */
const BIT_PRICE = 10 ** -4;
const ROUNDS = 4;

/**
 * Estimates the response of an array from what path reports leave over: pursues the paths of all channels, solves for one complex
 * gain an antenna, and begins anew with those gains divided out. What no channel tells is fixed: the gains have mean
 * power 1, a real positive sum, and no phase that rises along an axis, which is a shift of all angles.
 *
 * @param spec - its response, where it has one, is what the first round begins with
 * @param channels - matrices of the spec's shape from many places, asked for several times; a hundred are enough
 * @throws CsiError `csi-invalid` where a matrix is of no use, `model-invalid` naming an antenna that hears nothing.
 *
 * @example
 * const calibrated = { ...spec, response: estimateArrayResponse(spec, channels) };
 */
export function estimateArrayResponse(spec: PathCodecSpec, channels: readonly AngularDelayCsi[]): ArrayResponse {
  const { response: known, ...bare } = spec;
  const plain = createPathCodec(bare);
  let codec = createPathCodec(spec);
  let response = known;
  for (let round = 0; round < ROUNDS; round++) {
    response = normalized(fitGains(codec, plain, channels), spec.antennas);
    codec = createPathCodec({ ...bare, response });
  }
  return response as ArrayResponse;
}

/** Gains of the antennas by least squares, every channel weighing alike. @param plain - the codec without a response */
function fitGains(codec: PathCodec, plain: PathCodec, channels: readonly AngularDelayCsi[]): ArrayResponse {
  const { antennas, numDelays } = codec.spec;
  const numAntennas = antennas[0] * antennas[1];
  const numEntries = numAntennas * numDelays;
  const re = new Float64Array(numAntennas);
  const im = new Float64Array(numAntennas);
  const power = new Float64Array(numAntennas);
  for (const csi of channels) {
    const { payload } = codec.encode(csi, { mode: 'quality', bitPrice: BIT_PRICE });
    const sum = new Float32Array(2 * numEntries);
    plain.reconstructInto(sum, codec.decodePaths(payload));
    const ideal = toAntennas({ ...csi, values: sum }, antennas);
    const heard = toAntennas(csi, antennas);
    const weight = 1 / heard.reduce((energy, value) => energy + value * value, 0);
    for (let i = 0; i < numEntries; i++) {
      const antenna = Math.floor(i / numDelays);
      const x = ideal[i] as number;
      const y = ideal[numEntries + i] as number;
      const u = heard[i] as number;
      const v = heard[numEntries + i] as number;
      re[antenna] = (re[antenna] as number) + weight * (x * u + y * v);
      im[antenna] = (im[antenna] as number) + weight * (x * v - y * u);
      power[antenna] = (power[antenna] as number) + weight * (x * x + y * y);
    }
  }
  return {
    re: Array.from(re, (value, antenna) => value / (power[antenna] as number)),
    im: Array.from(im, (value, antenna) => value / (power[antenna] as number)),
  };
}

/** The same gains with what no channel tells fixed. */
function normalized({ re, im }: ArrayResponse, [one, two]: PlanarArray): ArrayResponse {
  const at = (i: number, j: number): readonly [number, number] => [
    re[i * two + j] as number,
    im[i * two + j] as number,
  ];
  // The mean turn from one antenna to the next, along either axis.
  const alongOne = { re: 0, im: 0 };
  const alongTwo = { re: 0, im: 0 };
  for (let i = 0; i < one; i++) {
    for (let j = 0; j < two; j++) {
      if (i + 1 < one) addTurn(alongOne, at(i, j), at(i + 1, j));
      if (j + 1 < two) addTurn(alongTwo, at(i, j), at(i, j + 1));
    }
  }
  const slopeOne = Math.atan2(alongOne.im, alongOne.re);
  const slopeTwo = Math.atan2(alongTwo.im, alongTwo.re);
  const level = re.map((_, antenna) =>
    turned(
      at(Math.floor(antenna / two), antenna % two),
      -(Math.floor(antenna / two) * slopeOne + (antenna % two) * slopeTwo),
    ),
  );
  const phase = Math.atan2(sumOf(level, 1), sumOf(level, 0));
  const scale = 1 / Math.sqrt(level.reduce((sum, [x, y]) => sum + x * x + y * y, 0) / level.length);
  const gains = level.map((gain) => turned(gain, -phase));
  return { re: gains.map(([x]) => scale * x), im: gains.map(([, y]) => scale * y) };
}

type Complex = readonly [re: number, im: number];

function addTurn(sum: { re: number; im: number }, from: Complex, to: Complex): void {
  sum.re += from[0] * to[0] + from[1] * to[1];
  sum.im += from[0] * to[1] - from[1] * to[0];
}

function turned([re, im]: Complex, phaseRad: number): Complex {
  const cos = Math.cos(phaseRad);
  const sin = Math.sin(phaseRad);
  return [re * cos - im * sin, re * sin + im * cos];
}

function sumOf(gains: readonly Complex[], part: 0 | 1): number {
  return gains.reduce((sum, gain) => sum + gain[part], 0);
}
