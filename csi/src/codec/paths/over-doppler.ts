import type { AngularDelayCsi } from '../../csi.ts';

/**
 * Turns matrices over time into one over Doppler shifts: the unitary inverse DFT over time, entry by entry.
 *
 * @param matrices - planar `[2][numAntennas][numDelays]`, oldest first
 * @returns `[2][numAntennas][matrices][numDelays]`
 */
export function overDoppler(matrices: readonly AngularDelayCsi[]): AngularDelayCsi {
  const count = matrices.length;
  const { numAntennas, numDelays } = matrices[0] as AngularDelayCsi;
  const entries = numAntennas * numDelays;
  const values = new Float32Array(2 * count * entries);
  const scale = 1 / Math.sqrt(count);
  for (const [time, matrix] of matrices.entries()) {
    for (let bin = 0; bin < count; bin++) {
      const turnRad = (2 * Math.PI * ((time * bin) % count)) / count;
      const cos = scale * Math.cos(turnRad);
      const sin = scale * Math.sin(turnRad);
      for (let antenna = 0; antenna < numAntennas; antenna++) {
        const from = antenna * numDelays;
        const to = (antenna * count + bin) * numDelays;
        for (let delay = 0; delay < numDelays; delay++) {
          const re = matrix.values[from + delay] as number;
          const im = matrix.values[entries + from + delay] as number;
          values[to + delay] = (values[to + delay] as number) + re * cos - im * sin;
          const toIm = count * entries + to + delay;
          values[toIm] = (values[toIm] as number) + re * sin + im * cos;
        }
      }
    }
  }
  return { domain: 'angular-delay', numAntennas: numAntennas * count, numDelays, values };
}

/**
 * Energies of what a UE measured.
 *
 * @returns `held`: of the latest; `heldOff`: that it would be off by at the times of the others; `all`: of all together
 */
export function energiesOf(latest: AngularDelayCsi, earlier: readonly AngularDelayCsi[]) {
  let held = 0;
  for (const value of latest.values) held += value * value;
  let heldOff = 0;
  let all = held;
  for (const { values } of earlier) {
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number;
      all += value * value;
      heldOff += (value - (latest.values[i] as number)) ** 2;
    }
  }
  return { held, heldOff, all };
}
