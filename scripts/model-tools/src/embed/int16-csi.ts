import type { AngularDelayCsi } from '@edge-csi/csi';

/** CSI as a modem holds it: int16 values and one exponent, planar `[2][numAntennas][numDelays]`. */
export interface Int16Csi {
  readonly values: Int16Array;
  /** A value stands for value 2^exponent. */
  readonly exponent: number;
}

/** Rounds CSI to 16 bits, the largest real or imaginary part in the upper half of the range. */
export function toInt16Csi({ values }: AngularDelayCsi): Int16Csi {
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  let exponent = Math.ceil(Math.log2(largest)) - 15;
  // Rounded up, the largest must still fit.
  while (Math.round(largest * 2 ** -exponent) > 32767) exponent++;
  return { values: Int16Array.from(values, (value) => Math.round(value * 2 ** -exponent)), exponent };
}

/** The same CSI as float32, exactly. */
export function fromInt16Csi({ values, exponent }: Int16Csi, shape: AngularDelayCsi): AngularDelayCsi {
  return { ...shape, values: Float32Array.from(values, (value) => value * 2 ** exponent) };
}
