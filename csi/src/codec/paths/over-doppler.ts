import type { AngularDelayCsi } from '../../csi.ts';

const { fround } = Math;

/**
 * The unitary inverse DFT over time, float32.
 *
 * @param count - of matrices
 * @returns real and imaginary part by bin and time, `[count][count][2]`
 */
export function dopplerTurns(count: number): Float32Array {
  const turns = new Float32Array(2 * count * count);
  const scale = 1 / Math.sqrt(count);
  for (let bin = 0; bin < count; bin++) {
    for (let time = 0; time < count; time++) {
      const turnRad = (2 * Math.PI * ((time * bin) % count)) / count;
      turns[2 * (bin * count + time)] = scale * Math.cos(turnRad);
      turns[2 * (bin * count + time) + 1] = scale * Math.sin(turnRad);
    }
  }
  return turns;
}

/**
 * Turns matrices over time into one over Doppler shifts, entry by entry, in float32 and one order of operations.
 *
 * @param matrices - planar `[2][numAntennas][numDelays]`, oldest first
 * @param turns - `dopplerTurns` of as many
 * @returns `[2][numAntennas][matrices][numDelays]`
 */
export function overDoppler(matrices: readonly AngularDelayCsi[], turns: Float32Array): AngularDelayCsi {
  const count = matrices.length;
  const { numAntennas, numDelays } = matrices[0] as AngularDelayCsi;
  const entries = numAntennas * numDelays;
  const values = new Float32Array(2 * count * entries);
  for (const [time, matrix] of matrices.entries()) {
    for (let bin = 0; bin < count; bin++) {
      const cos = turns[2 * (bin * count + time)] as number;
      const sin = turns[2 * (bin * count + time) + 1] as number;
      for (let antenna = 0; antenna < numAntennas; antenna++) {
        const from = antenna * numDelays;
        const to = (antenna * count + bin) * numDelays;
        for (let delay = 0; delay < numDelays; delay++) {
          const re = matrix.values[from + delay] as number;
          const im = matrix.values[entries + from + delay] as number;
          const toIm = count * entries + to + delay;
          values[to + delay] = (values[to + delay] as number) + fround(fround(re * cos) - fround(im * sin));
          values[toIm] = (values[toIm] as number) + fround(fround(re * sin) + fround(im * cos));
        }
      }
    }
  }
  return { domain: 'angular-delay', numAntennas: numAntennas * count, numDelays, values };
}

/**
 * Energies of what a UE measured, float32.
 *
 * @returns `held`: of the latest; `heldOff`: that it would be off by at the times of the others; `all`: of all together
 */
export function energiesOf(latest: AngularDelayCsi, earlier: readonly AngularDelayCsi[]) {
  let held = 0;
  for (const value of latest.values) held = fround(held + fround(value * value));
  let heldOff = 0;
  let all = held;
  for (const { values } of earlier) {
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number;
      const off = fround(value - (latest.values[i] as number));
      all = fround(all + fround(value * value));
      heldOff = fround(heldOff + fround(off * off));
    }
  }
  return { held, heldOff, all };
}
