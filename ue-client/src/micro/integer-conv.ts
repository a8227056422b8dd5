import { CsiError, type CsiShape } from '@edge-csi/csi';
import type { ConvLayer } from '@edge-csi/models';

/**
 * The full encoder's convolution in integers, see `edge_csi_convolve_row` in kernel/stages.h. Its input is the normalised
 * magnitude less `inputOffset`, with 15 fraction bits; its output, less `centre`, has `outputFractionBits`.
 */
export interface IntegerConv {
  /** int16, row-major `[3][3]`. */
  readonly taps: Int16Array;
  /** Multiplied by negative values, in 2^-16. */
  readonly leak: number;
  readonly shift: number;
  readonly centre: number;
  /** `[numDelays]` */
  readonly gains: Int32Array;
  /** First row, middle rows, last row, row-major `[3][numDelays]`. */
  readonly offsets: BigInt64Array;
  readonly outputFractionBits: number;
}

const inputFractionBits = 15;
const maxInt32 = 2 ** 31 - 1;

/**
 * Rounds a convolution to integers.
 *
 * @param inputOffset - what the integer input is short of, added back here: 0.5 under minmax, else 0
 * @throws CsiError `model-invalid` where its constants are too far apart for 32 bits
 */
export function integerConv(layer: ConvLayer, shape: CsiShape, inputOffset: number): IntegerConv {
  const { numAntennas, numDelays } = shape;
  const tapMagnitude = layer.taps.reduce((sum, tap) => sum + Math.abs(tap), 0);
  const largestTap = layer.taps.reduce((most, tap) => Math.max(most, Math.abs(tap)), 0);
  // Taps fit int16, and nine products with int16 values int32.
  const tapBits = exponentOf(Math.min(32767 / largestTap, 65000 / tapMagnitude));
  const largestGain = layer.gain.reduce((most, gain) => Math.max(most, Math.abs(gain)), 2 ** -20);
  const gainBits = exponentOf(maxInt32 / largestGain);
  const valueBits = inputFractionBits + tapBits + gainBits;
  // What one entry of 1 becomes at most, which is the whole norm where the input has one.
  const shifts = [0, 1, 2].map((row) => rowShifts(layer, shape, inputOffset, row));
  const largestShift = Math.max(...shifts.flat().map(Math.abs));
  const reach = largestGain * largestTap + largestShift;
  const centre = inputOffset;
  const outputFractionBits = exponentOf(32767 / Math.max(reach, 2 ** -10));
  const shift = valueBits - outputFractionBits;
  const largestValue = largestGain * tapMagnitude + largestShift;
  if (!(tapBits >= 0 && shift > 16 && largestValue * 2 ** valueBits < 2 ** 62)) {
    throw new CsiError('model-invalid', 'the convolution has constants too large or too small for integer arithmetic');
  }
  const rows = numAntennas === 1 ? [0, 0, 0] : [0, 1, 2];
  return {
    taps: Int16Array.from(layer.taps, (tap) => Math.round(tap * 2 ** tapBits)),
    leak: Math.round(layer.leak * 65536),
    shift,
    centre: Math.round(centre * 2 ** outputFractionBits),
    gains: Int32Array.from(layer.gain, (gain) => Math.round(gain * 2 ** gainBits)),
    offsets: BigInt64Array.from(
      rows.flatMap((row) =>
        Array.from({ length: numDelays }, (_, d) => BigInt(Math.round((shifts[row]?.[d] ?? 0) * 2 ** valueBits))),
      ),
    ),
    outputFractionBits,
  };
}

/** What is added to gain times the convolution of the offset input: 0 is the first row, 1 a middle one, 2 the last. */
function rowShifts(layer: ConvLayer, { numAntennas, numDelays }: CsiShape, inputOffset: number, row: number): number[] {
  return Array.from({ length: numDelays }, (_, d) => {
    let covered = 0;
    for (let r = 0; r < 3; r++) {
      if ((r === 0 && (row === 0 || numAntennas === 1)) || (r === 2 && (row === 2 || numAntennas === 1))) continue;
      for (let t = 0; t < 3; t++) {
        if (d + t >= 1 && d + t <= numDelays) covered += layer.taps[3 * r + t] as number;
      }
    }
    return (layer.gain[d] as number) * (layer.bias + inputOffset * covered) + (layer.shift[d] as number);
  });
}

/** The largest integer e with 2^e <= value, exactly; value is above 0 and finite. */
export function exponentOf(value: number): number {
  let exponent = Math.floor(Math.log2(value));
  while (2 ** exponent > value) exponent--;
  while (2 ** (exponent + 1) <= value) exponent++;
  return exponent;
}
