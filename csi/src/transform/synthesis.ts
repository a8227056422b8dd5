import type { AngularDelayCsi, SpatialFrequencyCsi } from '../csi.ts';
import { requireCount } from '../errors.ts';
import { type ArrayShape, createAngleTransform, type PlanarArray } from './array.ts';
import { cosineOf, createDirichlet } from './dirichlet.ts';
import { type Band, bandPaths, type PathList, type Timing } from './path-list.ts';
import { createRankOneSum } from './rank-one-sum.ts';

/** Angular-delay CSI of one sample of a path list. @throws RangeError where the index is out of range. */
export type Synthesizer = (paths: PathList, index: number) => AngularDelayCsi;

/**
 * Creates what turns samples of path lists into angular-delay CSI of one band: each path is a Dirichlet kernel in delay,
 * in closed form, times the response of the array, equal to transforming all subcarriers and keeping the first taps.
 *
 * @throws RangeError where the shape is out of range.
 */
export function createSynthesizer(band: Band, shape: ArrayShape, timing: Timing = 'absolute'): Synthesizer {
  const { numAntennas, numDelays } = shape;
  requireCount('numAntennas', numAntennas);
  requireCount('numDelays', numDelays);
  if (numDelays > band.numSubcarriers) {
    throw new RangeError(`numDelays is ${numDelays}, must be at most numSubcarriers = ${band.numSubcarriers}`);
  }
  // The constant imaginary part of the delay kernels has a column of its own, after the taps.
  const sum = createRankOneSum(numAntennas, numDelays + 1);
  const delays = createDirichlet(band.numSubcarriers);
  const angles = createAngleTransform(numAntennas, shape.array);
  const columnRe = new Float64Array(numAntennas);
  const columnIm = new Float64Array(numAntennas);
  const amplitude = 1 / Math.sqrt(band.numSubcarriers);

  return (paths, index) => {
    const seen = bandPaths(paths, index, band, timing);
    sum.clear();
    for (let path = 0; path < seen.numPaths; ) {
      // Rays of one cluster arrive together and share their delay kernel.
      const delaySamples = seen.delaySamples[path] as number;
      const { weights, kernel } = sum.next();
      // The kernel is a common phase times (real - j sine): two real multiplications an entry instead of four.
      const sine = delays.into(kernel, numDelays, delaySamples);
      kernel[numDelays] = sine;
      const cos = amplitude * cosineOf(sine);
      const sin = amplitude * sine;
      weights.fill(0);
      for (; path < seen.numPaths && seen.delaySamples[path] === delaySamples; path++) {
        const re = seen.gainRe[path] as number;
        const im = seen.gainIm[path] as number;
        const steerRe = re * cos - im * sin;
        const steerIm = re * sin + im * cos;
        const along = seen.spatialFrequency[path] as number;
        if (shape.array === undefined) addSteering(weights, 0, numAntennas, steerRe, steerIm, along);
        else addPlane(weights, shape.array, steerRe, steerIm, along, seen.verticalFrequency[path] as number);
      }
      sum.add();
    }
    sum.flush();
    const values = new Float32Array(2 * numAntennas * numDelays);
    for (let tap = 0; tap < numDelays; tap++) {
      for (let antenna = 0; antenna < numAntennas; antenna++) {
        const re = antenna * sum.stride;
        const im = (numAntennas + antenna) * sum.stride;
        columnRe[antenna] = (sum.values[re + tap] as number) + (sum.values[im + numDelays] as number);
        columnIm[antenna] = (sum.values[im + tap] as number) - (sum.values[re + numDelays] as number);
      }
      angles.transform(columnRe, columnIm, 'inverse');
      for (let antenna = 0; antenna < numAntennas; antenna++) {
        values[antenna * numDelays + tap] = columnRe[antenna] as number;
        values[(numAntennas + antenna) * numDelays + tap] = columnIm[antenna] as number;
      }
    }
    return { domain: 'angular-delay', numAntennas, numDelays, values };
  };
}

/** Adds a path to the planar weights of a planar array: a row of elements along z for every element along x. */
function addPlane(
  weights: Float32Array,
  [one, two]: PlanarArray,
  re: number,
  im: number,
  along: number,
  upward: number,
): void {
  for (let i = 0; i < one; i++) {
    const phaseRad = -2 * Math.PI * i * along;
    const cos = Math.cos(phaseRad);
    const sin = Math.sin(phaseRad);
    addSteering(weights, i * two, two, re * cos - im * sin, re * sin + im * cos, upward);
  }
}

/**
 * Adds the response of a row of antennas to a path, (re + j im) exp(-j 2 pi n s) at its antenna n, to planar weights,
 * `[2][antennas]`.
 *
 * @param start - first antenna of the row, of so many
 * @param spatialFrequency - s, in cycles an antenna
 */
function addSteering(
  weights: Float32Array,
  start: number,
  count: number,
  re: number,
  im: number,
  spatialFrequency: number,
): void {
  const numAntennas = weights.length / 2;
  const stepRad = -2 * Math.PI * spatialFrequency;
  const cos = Math.cos(stepRad);
  const sin = Math.sin(stepRad);
  const twiceCos = cos * cos - sin * sin;
  const twiceSin = 2 * cos * sin;
  // Even and odd antennas turn apart, so that two chains of multiplications run side by side.
  let evenRe = re;
  let evenIm = im;
  let oddRe = re * cos - im * sin;
  let oddIm = re * sin + im * cos;
  const end = start + count;
  const evenEnd = end - (count % 2);
  let antenna = start;
  while (antenna < evenEnd) {
    weights[antenna] = (weights[antenna] as number) + evenRe;
    weights[antenna + 1] = (weights[antenna + 1] as number) + oddRe;
    weights[numAntennas + antenna] = (weights[numAntennas + antenna] as number) + evenIm;
    weights[numAntennas + antenna + 1] = (weights[numAntennas + antenna + 1] as number) + oddIm;
    const nextEvenRe = evenRe * twiceCos - evenIm * twiceSin;
    evenIm = evenRe * twiceSin + evenIm * twiceCos;
    evenRe = nextEvenRe;
    const nextOddRe = oddRe * twiceCos - oddIm * twiceSin;
    oddIm = oddRe * twiceSin + oddIm * twiceCos;
    oddRe = nextOddRe;
    antenna += 2;
  }
  if (antenna < end) {
    weights[antenna] = (weights[antenna] as number) + evenRe;
    weights[numAntennas + antenna] = (weights[numAntennas + antenna] as number) + evenIm;
  }
}

/**
 * CSI of one sample of a path list per subcarrier and antenna:
 * H[k][n] = sum_p g_p exp(-j 2 pi f_k tau_p) exp(-j 2 pi n s_p).
 *
 * @throws RangeError where the index or the antenna count is out of range.
 */
export function synthesizeSpatialFrequency(
  paths: PathList,
  index: number,
  band: Band,
  numAntennas: number,
  timing: Timing = 'absolute',
): SpatialFrequencyCsi {
  requireCount('numAntennas', numAntennas);
  const { numSubcarriers } = band;
  const numEntries = numSubcarriers * numAntennas;
  const sum = new Float64Array(2 * numEntries);
  const steering = new Float64Array(2 * numAntennas);

  const seen = bandPaths(paths, index, band, timing);
  for (let path = 0; path < seen.numPaths; path++) {
    for (let antenna = 0; antenna < numAntennas; antenna++) {
      const phaseRad = -2 * Math.PI * antenna * (seen.spatialFrequency[path] as number);
      steering[antenna] = Math.cos(phaseRad);
      steering[numAntennas + antenna] = Math.sin(phaseRad);
    }
    const stepRad = (-2 * Math.PI * (seen.delaySamples[path] as number)) / numSubcarriers;
    const stepRe = Math.cos(stepRad);
    const stepIm = Math.sin(stepRad);
    let re = seen.gainRe[path] as number;
    let im = seen.gainIm[path] as number;
    for (let row = 0; row < numEntries; row += numAntennas) {
      for (let antenna = 0; antenna < numAntennas; antenna++) {
        const cos = steering[antenna] as number;
        const sin = steering[numAntennas + antenna] as number;
        sum[row + antenna] = (sum[row + antenna] as number) + (re * cos - im * sin);
        sum[numEntries + row + antenna] = (sum[numEntries + row + antenna] as number) + (re * sin + im * cos);
      }
      const rotated = re * stepRe - im * stepIm;
      im = re * stepIm + im * stepRe;
      re = rotated;
    }
  }
  return { domain: 'spatial-frequency', numSubcarriers, numAntennas, values: Float32Array.from(sum) };
}
