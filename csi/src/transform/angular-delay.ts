import type { AngularDelayCsi, SpatialFrequencyCsi } from '../csi.ts';
import { createAngleTransform, type PlanarArray } from './array.ts';
import { createDft } from './dft.ts';

/**
 * Transforms CSI to the angular-delay domain: unitary inverse DFT over subcarriers, first `numDelays` taps kept, then
 * unitary inverse DFT over antennas, of a planar array over each of its axes.
 *
 * @param array - elements along the axes of a planar array; a linear one where absent
 * @throws RangeError where there are fewer subcarriers than delays, or the values do not fit the shape.
 */
export function toAngularDelay(csi: SpatialFrequencyCsi, numDelays: number, array?: PlanarArray): AngularDelayCsi {
  const { numSubcarriers, numAntennas, values } = csi;
  requireDelays(numDelays, numSubcarriers);
  requireLength(values.length, 2 * numSubcarriers * numAntennas);
  const overSubcarriers = createDft(numSubcarriers);
  const overAntennas = createAngleTransform(numAntennas, array);
  const imaginary = numSubcarriers * numAntennas;
  const re = new Float64Array(numSubcarriers);
  const im = new Float64Array(numSubcarriers);
  const angleRe = Array.from({ length: numDelays }, () => new Float64Array(numAntennas));
  const angleIm = Array.from({ length: numDelays }, () => new Float64Array(numAntennas));

  for (let antenna = 0; antenna < numAntennas; antenna++) {
    for (let k = 0; k < numSubcarriers; k++) {
      re[k] = values[k * numAntennas + antenna] as number;
      im[k] = values[imaginary + k * numAntennas + antenna] as number;
    }
    overSubcarriers.transform(re, im, 'inverse');
    for (let tap = 0; tap < numDelays; tap++) {
      (angleRe[tap] as Float64Array)[antenna] = re[tap] as number;
      (angleIm[tap] as Float64Array)[antenna] = im[tap] as number;
    }
  }

  const numEntries = numAntennas * numDelays;
  const out = new Float32Array(2 * numEntries);
  for (let tap = 0; tap < numDelays; tap++) {
    const tapRe = angleRe[tap] as Float64Array;
    const tapIm = angleIm[tap] as Float64Array;
    overAntennas.transform(tapRe, tapIm, 'inverse');
    for (let angle = 0; angle < numAntennas; angle++) {
      out[angle * numDelays + tap] = tapRe[angle] as number;
      out[numEntries + angle * numDelays + tap] = tapIm[angle] as number;
    }
  }
  return { domain: 'angular-delay', numAntennas, numDelays, values: out };
}

/**
 * Transforms CSI back to subcarriers and antennas, taking the delays past the kept taps as zero.
 *
 * @param array - elements along the axes of a planar array; a linear one where absent
 * @throws RangeError where there are fewer subcarriers than delays, or the values do not fit the shape.
 */
export function toSpatialFrequency(
  csi: AngularDelayCsi,
  numSubcarriers: number,
  array?: PlanarArray,
): SpatialFrequencyCsi {
  const { numAntennas, numDelays, values } = csi;
  requireDelays(numDelays, numSubcarriers);
  requireLength(values.length, 2 * numAntennas * numDelays);
  const overSubcarriers = createDft(numSubcarriers);
  const overAntennas = createAngleTransform(numAntennas, array);
  const numEntries = numAntennas * numDelays;
  const antennaRe = new Float64Array(numAntennas);
  const antennaIm = new Float64Array(numAntennas);
  const delayRe = Array.from({ length: numAntennas }, () => new Float64Array(numSubcarriers));
  const delayIm = Array.from({ length: numAntennas }, () => new Float64Array(numSubcarriers));

  for (let tap = 0; tap < numDelays; tap++) {
    for (let angle = 0; angle < numAntennas; angle++) {
      antennaRe[angle] = values[angle * numDelays + tap] as number;
      antennaIm[angle] = values[numEntries + angle * numDelays + tap] as number;
    }
    overAntennas.transform(antennaRe, antennaIm, 'forward');
    for (let antenna = 0; antenna < numAntennas; antenna++) {
      (delayRe[antenna] as Float64Array)[tap] = antennaRe[antenna] as number;
      (delayIm[antenna] as Float64Array)[tap] = antennaIm[antenna] as number;
    }
  }

  const imaginary = numSubcarriers * numAntennas;
  const out = new Float32Array(2 * imaginary);
  for (let antenna = 0; antenna < numAntennas; antenna++) {
    const re = delayRe[antenna] as Float64Array;
    const im = delayIm[antenna] as Float64Array;
    overSubcarriers.transform(re, im, 'forward');
    for (let k = 0; k < numSubcarriers; k++) {
      out[k * numAntennas + antenna] = re[k] as number;
      out[imaginary + k * numAntennas + antenna] = im[k] as number;
    }
  }
  return { domain: 'spatial-frequency', numSubcarriers, numAntennas, values: out };
}

function requireDelays(numDelays: number, numSubcarriers: number): void {
  if (!Number.isInteger(numDelays) || numDelays < 1 || !(numDelays <= numSubcarriers)) {
    throw new RangeError(`numDelays is ${numDelays}, must be an integer in 1..${numSubcarriers} (numSubcarriers)`);
  }
}

function requireLength(length: number, expected: number): void {
  if (length !== expected) throw new RangeError(`CSI has ${length} values, its shape needs ${expected}`);
}
