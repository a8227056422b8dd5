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
  /**
   * Phase of the uplink gain relative to the downlink's, before propagation turns either. Where it is absent the two are
   * in phase, and only the carriers tell the bands apart.
   */
  readonly uplinkPhaseRad?: Float32Array;
  /** Distance between UE and BS, `[numSamples]`. */
  readonly distanceM?: Float32Array;
  /** Which environment each sample was taken in, `[numSamples]`: those of one share their scatterers. */
  readonly environment?: Int32Array;
}

/**
 * One carrier of the link. All bands share the array, whose spacing is half the downlink wavelength: a linear one along x, a planar one
 * along x and z.
 */
export interface Band {
  readonly direction: 'downlink' | 'uplink';
  readonly carrierHz: number;
  readonly downlinkCarrierHz: number;
  readonly bandwidthHz: number;
  readonly numSubcarriers: number;
}

/** What delay 0 means: no propagation delay, or the arrival of the sample's first path. */
export type Timing = 'absolute' | 'first-path';

/** The COST 2100 code's constant. Array spacing and steering are both defined with it, so that it cancels. */
export const SPEED_OF_LIGHT_M_PER_S = 3e8;

/** The paths of one sample as one band sees them, an entry each. */
export interface BandPaths {
  readonly numPaths: number;
  /** Complex gain at the lowest subcarrier. */
  readonly gainRe: Float64Array;
  readonly gainIm: Float64Array;
  /** Delay in units of 1 / bandwidth: a delay tap each. */
  readonly delaySamples: Float64Array;
  /** Phase advance from one antenna to the next along x, in cycles. */
  readonly spatialFrequency: Float64Array;
  /** The same along z, the second axis of a planar array. */
  readonly verticalFrequency: Float64Array;
}

/** @throws RangeError where the index is out of range. */
export function bandPaths(paths: PathList, index: number, band: Band, timing: Timing): BandPaths {
  if (!Number.isInteger(index) || index < 0 || index >= paths.numSamples) {
    throw new RangeError(`index is ${index}, must be 0..${paths.numSamples - 1}`);
  }
  const first = paths.pathStart[index] as number;
  const numPaths = (paths.pathStart[index + 1] as number) - first;
  const originNs = timing === 'first-path' ? firstArrivalNs(paths, first, numPaths) : 0;
  const lowestHz = band.carrierHz - band.bandwidthHz / 2;
  const spacingM = SPEED_OF_LIGHT_M_PER_S / (2 * band.downlinkCarrierHz);
  const spacingCycles = (spacingM * band.carrierHz) / SPEED_OF_LIGHT_M_PER_S;
  const isUplink = band.direction === 'uplink';
  const gainRe = new Float64Array(numPaths);
  const gainIm = new Float64Array(numPaths);
  const delaySamples = new Float64Array(numPaths);
  const spatialFrequency = new Float64Array(numPaths);
  const verticalFrequency = new Float64Array(numPaths);
  for (let path = 0; path < numPaths; path++) {
    const row = first + path;
    const delayS = ((paths.delayNs[row] as number) - originNs) * 1e-9;
    const offsetRad = isUplink ? (paths.uplinkPhaseRad?.[row] ?? 0) : 0;
    const cycles = lowestHz * delayS;
    const phaseRad = offsetRad - 2 * Math.PI * (cycles - Math.floor(cycles));
    const ratio = isUplink ? (paths.uplinkGainRatio[row] as number) : 1;
    const cos = ratio * Math.cos(phaseRad);
    const sin = ratio * Math.sin(phaseRad);
    const re = paths.gainRe[row] as number;
    const im = paths.gainIm[row] as number;
    gainRe[path] = re * cos - im * sin;
    gainIm[path] = re * sin + im * cos;
    delaySamples[path] = delayS * band.bandwidthHz;
    spatialFrequency[path] =
      spacingCycles * Math.cos(paths.azimuthRad[row] as number) * Math.cos(paths.elevationRad[row] as number);
    verticalFrequency[path] = spacingCycles * Math.sin(paths.elevationRad[row] as number);
  }
  return { numPaths, gainRe, gainIm, delaySamples, spatialFrequency, verticalFrequency };
}

function firstArrivalNs(paths: PathList, first: number, numPaths: number): number {
  let earliest = Number.POSITIVE_INFINITY;
  for (let row = first; row < first + numPaths; row++) earliest = Math.min(earliest, paths.delayNs[row] as number);
  return earliest;
}
