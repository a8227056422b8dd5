import type { SpatialFrequencyCsi } from '../csi.ts';

/**
 * A channel as the propagation paths that it is made of, strongest first. At element (n1, n2) of the array and subcarrier k,
 * all counted from 0, path p adds
 *
 * gain exp(-j 2 pi (n1 frequency 1 + n2 frequency 2 + k delay / numSubcarriers)),
 *
 * times the response of the element: so the channel follows at any antenna and subcarrier, measured or not.
 */
export interface ChannelPaths {
  /** Elements of the array along its axes; the second count is 1 of a linear one. */
  readonly antennas: readonly [number, number];
  /** Subcarriers of the band. */
  readonly numSubcarriers: number;
  /** Complex gains of a path, one for each polarisation or receive antenna; 1 of every report of today. */
  readonly coefficientsPerPath: number;
  /** Spatial frequency along each axis of the array, cycles an element, `[numPaths][2]`. */
  readonly spatialFrequency: Float32Array;
  /** In samples, of 1 / bandwidth, `[numPaths]`. */
  readonly delaySamples: Float32Array;
  /** Complex gains at element (0, 0) and the lowest subcarrier, linear amplitude, `[numPaths][coefficientsPerPath][2]`. */
  readonly gain: Float32Array;
  /** Complex gain of each element, `[n1][n2][2]`; empty where all are alike. */
  readonly response: Float32Array;
  /** Doppler shifts, cycles a slot, `[numPaths]`; all zero where they are not known. */
  readonly dopplerCyclesPerSlot: Float32Array;
  /** Slots of measurements that the shifts were told from; 0 where they are not known. */
  readonly spanSlots: number;
}

/**
 * Share of a path's gain that is left of it some slots after it was measured, by how sure its shift is: one half after twice
 * the span that the shift was told from, and next to nothing after ten times.
 */
const HALF_LIFE_SPANS = 2;

/**
 * A channel some slots after it was measured: each path turned at its Doppler shift, and fading as its phase gets unsure.
 * Without shifts it is held as it was.
 *
 * @param slots - from the measurement on; before it where negative
 *
 * @example
 * const { values } = evaluatePaths(pathsAfter(paths, 10), { subcarriers: [0, 512] });
 */
export function pathsAfter(paths: ChannelPaths, slots: number): ChannelPaths {
  const { gain, dopplerCyclesPerSlot, coefficientsPerPath, spanSlots } = paths;
  if (spanSlots === 0) return paths;
  const left = 1 / (1 + (slots / (HALF_LIFE_SPANS * spanSlots)) ** 2);
  const turned = new Float32Array(gain.length);
  for (const [path, cycles] of dopplerCyclesPerSlot.entries()) {
    const turnRad = 2 * Math.PI * cycles * slots;
    const [cos, sin] = [left * Math.cos(turnRad), left * Math.sin(turnRad)];
    for (let at = 2 * path * coefficientsPerPath; at < 2 * (path + 1) * coefficientsPerPath; at += 2) {
      const [re, im] = [gain[at] as number, gain[at + 1] as number];
      turned[at] = re * cos - im * sin;
      turned[at + 1] = re * sin + im * cos;
    }
  }
  return { ...paths, gain: turned };
}

/**
 * NMSE to be expected of a channel some slots after it was measured, beyond that of the report: 0 where nothing is known of
 * shifts. Fitted to simulated channels, indoors and urban, at 3 km/h.
 *
 * @param slots - from the measurement on
 */
export function errorAfter({ spanSlots }: Pick<ChannelPaths, 'spanSlots'>, slots: number): number {
  return spanSlots === 0 ? 0 : 1 - Math.exp(-Math.abs(slots) / (2 * spanSlots));
}

/** Where a channel is wanted. */
export interface ChannelPoints {
  /** Places along the axes of the array, in elements, any real numbers; default every element, `[n1][n2]`. */
  readonly antennas?: readonly (readonly [number, number])[];
  /** Subcarriers, counted from the lowest, any real numbers; default all of the band. */
  readonly subcarriers?: ArrayLike<number>;
  /** Which of the gains of every path, from 0; default 0. */
  readonly coefficient?: number;
}

/**
 * Evaluates a channel where it is wanted: at other antennas, at few subcarriers, beyond the band. Places between or beyond
 * the elements of the array have a response of 1.
 *
 * @returns the channel per subcarrier and antenna, in the order of `points`
 * @throws RangeError where there is no such coefficient.
 *
 * @example
 * const { values } = evaluatePaths(paths, { antennas: [[0, 0], [1, 0]], subcarriers: [0, 12, 24] });
 */
export function evaluatePaths(paths: ChannelPaths, points: ChannelPoints = {}): SpatialFrequencyCsi {
  const { coefficientsPerPath, spatialFrequency, delaySamples, gain } = paths;
  const { antennas = elementsOf(paths), coefficient = 0 } = points;
  const subcarriers = points.subcarriers ?? Array.from({ length: paths.numSubcarriers }, (_, k) => k);
  if (!Number.isInteger(coefficient) || coefficient < 0 || coefficient >= coefficientsPerPath) {
    throw new RangeError(`coefficient is ${coefficient}, must be an integer in 0..${coefficientsPerPath - 1}`);
  }
  const [numAntennas, numSubcarriers] = [antennas.length, subcarriers.length];
  const numEntries = numSubcarriers * numAntennas;
  const sum = new Float64Array(2 * numEntries);
  const steering = new Float64Array(2 * numAntennas);
  for (let path = 0; path < delaySamples.length; path++) {
    const [one, two] = spatialFrequency.subarray(2 * path, 2 * path + 2) as unknown as [number, number];
    for (const [n, [n1, n2]] of antennas.entries()) {
      const phaseRad = -2 * Math.PI * (n1 * one + n2 * two);
      steering[n] = Math.cos(phaseRad);
      steering[numAntennas + n] = Math.sin(phaseRad);
    }
    const at = 2 * (path * coefficientsPerPath + coefficient);
    const gainRe = gain[at] as number;
    const gainIm = gain[at + 1] as number;
    const stepRad = (-2 * Math.PI * (delaySamples[path] as number)) / paths.numSubcarriers;
    for (let k = 0; k < numSubcarriers; k++) {
      const phaseRad = stepRad * (subcarriers[k] as number);
      const cos = Math.cos(phaseRad);
      const sin = Math.sin(phaseRad);
      const re = gainRe * cos - gainIm * sin;
      const im = gainRe * sin + gainIm * cos;
      for (let n = 0, row = k * numAntennas; n < numAntennas; n++, row++) {
        const steerRe = steering[n] as number;
        const steerIm = steering[numAntennas + n] as number;
        sum[row] = (sum[row] as number) + re * steerRe - im * steerIm;
        sum[numEntries + row] = (sum[numEntries + row] as number) + re * steerIm + im * steerRe;
      }
    }
  }
  if (paths.response.length > 0) respond(sum, paths, antennas, numSubcarriers);
  return { domain: 'spatial-frequency', numSubcarriers, numAntennas, values: Float32Array.from(sum) };
}

/** Multiplies every antenna that is an element of the array by its response. */
function respond(
  sum: Float64Array,
  { antennas: [one, two], response }: ChannelPaths,
  antennas: readonly (readonly [number, number])[],
  numSubcarriers: number,
): void {
  const numEntries = sum.length / 2;
  for (const [n, [n1, n2]] of antennas.entries()) {
    const isElement = Number.isInteger(n1) && Number.isInteger(n2) && n1 >= 0 && n2 >= 0 && n1 < one && n2 < two;
    if (!isElement) continue;
    const at = 2 * (n1 * two + n2);
    const gainRe = response[at] as number;
    const gainIm = response[at + 1] as number;
    for (let k = 0, row = n; k < numSubcarriers; k++, row += antennas.length) {
      const re = sum[row] as number;
      const im = sum[numEntries + row] as number;
      sum[row] = re * gainRe - im * gainIm;
      sum[numEntries + row] = re * gainIm + im * gainRe;
    }
  }
}

function elementsOf({ antennas: [one, two] }: ChannelPaths): (readonly [number, number])[] {
  return Array.from({ length: one * two }, (_, n) => [Math.floor(n / two), n % two] as const);
}
