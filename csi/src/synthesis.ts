import { bandPaths } from './band-paths.ts';
import type { AngularDelayCsi, CsiShape, SpatialFrequencyCsi } from './csi.ts';
import { cosineOf, createDirichlet } from './dirichlet.ts';
import { createOuterSum } from './outer-sum.ts';
import type { Band, PathList, Timing } from './path-list.ts';
import { requireCount } from './require-count.ts';

/** Angular-delay CSI of one sample of a path list. @throws RangeError where the index is out of range. */
export type Synthesizer = (paths: PathList, index: number) => AngularDelayCsi;

/**
 * Creates what turns samples of path lists into angular-delay CSI of one band, in closed form: each path is a Dirichlet
 * kernel in delay times one in angle, equal to transforming all subcarriers and keeping the first delay taps.
 *
 * @throws RangeError where the shape is out of range.
 */
export function createSynthesizer(band: Band, shape: CsiShape, timing: Timing = 'absolute'): Synthesizer {
  const { numAntennas, numDelays } = shape;
  requireCount('numAntennas', numAntennas);
  requireCount('numDelays', numDelays);
  if (numDelays > band.numSubcarriers) {
    throw new RangeError(`numDelays is ${numDelays}, must be at most numSubcarriers = ${band.numSubcarriers}`);
  }
  // The constant imaginary part of the delay kernels has a column of its own, after the taps.
  const sum = createOuterSum(numAntennas, numDelays + 1);
  const angleKernel = new Float64Array(numAntennas);
  const delayDirichlet = createDirichlet(band.numSubcarriers);
  const angleDirichlet = createDirichlet(numAntennas);
  const amplitude = 1 / Math.sqrt(band.numSubcarriers * numAntennas);

  return (paths, index) => {
    const seen = bandPaths(paths, index, band, timing);
    sum.clear();
    for (let path = 0; path < seen.numPaths; ) {
      // Rays of one cluster arrive together and share their delay kernel.
      const delaySamples = seen.delaySamples[path] as number;
      const { weights, kernel } = sum.next();
      // Both kernels are a common phase times (real - j sine): two real multiplications an entry instead of four.
      const delaySine = delayDirichlet.into(kernel, numDelays, delaySamples);
      const delayCosine = cosineOf(delaySine);
      weights.fill(0);
      for (; path < seen.numPaths && seen.delaySamples[path] === delaySamples; path++) {
        const bin = (seen.spatialFrequency[path] as number) * numAntennas;
        const angleSine = angleDirichlet.into(angleKernel, numAntennas, bin);
        const angleCosine = cosineOf(angleSine);
        const cos = amplitude * (delayCosine * angleCosine - delaySine * angleSine);
        const sin = amplitude * (delayCosine * angleSine + delaySine * angleCosine);
        const pathRe = seen.gainRe[path] as number;
        const pathIm = seen.gainIm[path] as number;
        const gainRe = pathRe * cos - pathIm * sin;
        const gainIm = pathRe * sin + pathIm * cos;
        for (let antenna = 0; antenna < numAntennas; antenna++) {
          const real = angleKernel[antenna] as number;
          const im = numAntennas + antenna;
          weights[antenna] = (weights[antenna] as number) + gainRe * real + gainIm * angleSine;
          weights[im] = (weights[im] as number) + gainIm * real - gainRe * angleSine;
        }
      }
      kernel[numDelays] = delaySine;
      sum.add();
    }
    sum.flush();
    const values = new Float32Array(2 * numAntennas * numDelays);
    for (let antenna = 0; antenna < numAntennas; antenna++) {
      const re = antenna * sum.stride;
      const im = (numAntennas + antenna) * sum.stride;
      const offsetRe = sum.values[im + numDelays] as number;
      const offsetIm = -(sum.values[re + numDelays] as number);
      const row = antenna * numDelays;
      for (let tap = 0; tap < numDelays; tap++) {
        values[row + tap] = (sum.values[re + tap] as number) + offsetRe;
        values[numAntennas * numDelays + row + tap] = (sum.values[im + tap] as number) + offsetIm;
      }
    }
    return { domain: 'angular-delay', numAntennas, numDelays, values };
  };
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
