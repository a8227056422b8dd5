import type { AngularDelayCsi, CsiShape, SpatialFrequencyCsi } from './csi.ts';
import { dirichletInto } from './dirichlet.ts';
import { requireCount } from './require-count.ts';

/** The COST 2100 code's constant. Array spacing and steering are both defined with it, so that it cancels. */
const SPEED_OF_LIGHT_M_PER_S = 3e8;

/**
 * Propagation paths of many samples, back to back: sample i owns rows `pathStart[i] .. pathStart[i + 1] - 1`.
 * One list gives CSI in any band, for any antenna count.
 */
export interface PathList {
  readonly numSamples: number;
  /** `[numSamples + 1]` */
  readonly pathStart: Int32Array;
  readonly azimuthRad: Float32Array;
  readonly elevationRad: Float32Array;
  /** Absolute propagation delay. */
  readonly delayNs: Float32Array;
  /** Complex downlink gain, linear amplitude. */
  readonly gainRe: Float32Array;
  readonly gainIm: Float32Array;
  /** Uplink amplitude relative to the downlink's. */
  readonly uplinkGainRatio: Float32Array;
  /** Distance between UE and BS, `[numSamples]`. */
  readonly distanceM?: Float32Array;
}

/** One carrier of the link. All bands share the array, whose spacing is half the downlink wavelength. */
export interface Band {
  readonly direction: 'downlink' | 'uplink';
  readonly carrierHz: number;
  readonly downlinkCarrierHz: number;
  readonly bandwidthHz: number;
  readonly numSubcarriers: number;
}

/** What delay 0 means: no propagation delay, or the arrival of the sample's first path. */
export type Timing = 'absolute' | 'first-path';

/**
 * Angular-delay CSI of one sample of a path list, in closed form: each path is a Dirichlet kernel in delay times one
 * in angle, equal to transforming all subcarriers and keeping the first delay taps.
 *
 * @throws RangeError where the index or the shape is out of range.
 */
export function synthesizeAngularDelay(
  paths: PathList,
  index: number,
  band: Band,
  shape: CsiShape,
  timing: Timing = 'absolute',
): AngularDelayCsi {
  const { numAntennas, numDelays } = shape;
  requireCount('numAntennas', numAntennas);
  requireCount('numDelays', numDelays);
  if (numDelays > band.numSubcarriers) {
    throw new RangeError(`numDelays is ${numDelays}, must be at most numSubcarriers = ${band.numSubcarriers}`);
  }
  const numEntries = numAntennas * numDelays;
  const sum = new Float64Array(2 * numEntries);
  const delayKernel = new Float64Array(numDelays);
  const angleKernel = new Float64Array(numAntennas);
  const offset = new Float64Array(2 * numAntennas);
  const amplitude = 1 / Math.sqrt(band.numSubcarriers * numAntennas);

  for (const path of samplePaths(paths, index, band, timing)) {
    // Both kernels are a common phase times (real - j sine): two real multiplications an entry instead of four.
    const delay = dirichletInto(delayKernel, path.delaySamples, band.numSubcarriers);
    const angle = dirichletInto(angleKernel, path.spatialFrequency * numAntennas, numAntennas);
    const phaseRad = delay.phaseRad + angle.phaseRad;
    const cos = amplitude * Math.cos(phaseRad);
    const sin = amplitude * Math.sin(phaseRad);
    const gainRe = path.gainRe * cos - path.gainIm * sin;
    const gainIm = path.gainRe * sin + path.gainIm * cos;
    for (let antenna = 0; antenna < numAntennas; antenna++) {
      const real = angleKernel[antenna] as number;
      const weightRe = gainRe * real + gainIm * angle.sine;
      const weightIm = gainIm * real - gainRe * angle.sine;
      offset[antenna] = (offset[antenna] as number) + delay.sine * weightIm;
      offset[numAntennas + antenna] = (offset[numAntennas + antenna] as number) - delay.sine * weightRe;
      const row = antenna * numDelays;
      for (let tap = 0; tap < numDelays; tap++) {
        const kernel = delayKernel[tap] as number;
        sum[row + tap] = (sum[row + tap] as number) + weightRe * kernel;
        sum[numEntries + row + tap] = (sum[numEntries + row + tap] as number) + weightIm * kernel;
      }
    }
  }

  const values = new Float32Array(2 * numEntries);
  for (let i = 0; i < values.length; i++) {
    values[i] = (sum[i] as number) + (offset[Math.floor(i / numDelays)] as number);
  }
  return { domain: 'angular-delay', numAntennas, numDelays, values };
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

  for (const path of samplePaths(paths, index, band, timing)) {
    for (let antenna = 0; antenna < numAntennas; antenna++) {
      const phaseRad = -2 * Math.PI * antenna * path.spatialFrequency;
      steering[antenna] = Math.cos(phaseRad);
      steering[numAntennas + antenna] = Math.sin(phaseRad);
    }
    const stepRad = (-2 * Math.PI * path.delaySamples) / numSubcarriers;
    const stepRe = Math.cos(stepRad);
    const stepIm = Math.sin(stepRad);
    let re = path.gainRe;
    let im = path.gainIm;
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

/** A path as one band sees it. */
interface BandPath {
  /** Complex gain at the lowest subcarrier. */
  readonly gainRe: number;
  readonly gainIm: number;
  /** Delay in units of 1 / bandwidth: a delay tap each. */
  readonly delaySamples: number;
  /** Phase advance from one antenna to the next, in cycles. */
  readonly spatialFrequency: number;
}

function* samplePaths(paths: PathList, index: number, band: Band, timing: Timing): Generator<BandPath> {
  if (!Number.isInteger(index) || index < 0 || index >= paths.numSamples) {
    throw new RangeError(`index is ${index}, must be 0..${paths.numSamples - 1}`);
  }
  const first = paths.pathStart[index] as number;
  const end = paths.pathStart[index + 1] as number;
  let originNs = 0;
  if (timing === 'first-path') {
    originNs = Number.POSITIVE_INFINITY;
    for (let row = first; row < end; row++) originNs = Math.min(originNs, paths.delayNs[row] as number);
  }
  const lowestHz = band.carrierHz - band.bandwidthHz / 2;
  const spacingM = SPEED_OF_LIGHT_M_PER_S / (2 * band.downlinkCarrierHz);
  const spacingCycles = (spacingM * band.carrierHz) / SPEED_OF_LIGHT_M_PER_S;
  for (let row = first; row < end; row++) {
    const delayS = ((paths.delayNs[row] as number) - originNs) * 1e-9;
    const phaseRad = -2 * Math.PI * ((lowestHz * delayS) % 1);
    const ratio = band.direction === 'uplink' ? (paths.uplinkGainRatio[row] as number) : 1;
    const cos = ratio * Math.cos(phaseRad);
    const sin = ratio * Math.sin(phaseRad);
    const re = paths.gainRe[row] as number;
    const im = paths.gainIm[row] as number;
    yield {
      gainRe: re * cos - im * sin,
      gainIm: re * sin + im * cos,
      delaySamples: delayS * band.bandwidthHz,
      spatialFrequency:
        spacingCycles * Math.cos(paths.azimuthRad[row] as number) * Math.cos(paths.elevationRad[row] as number),
    };
  }
}
