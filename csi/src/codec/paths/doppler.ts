import type { AngularDelayCsi } from '../../csi.ts';

/**
 * That a path has a Doppler shift, and what it is told from. A report is then of a few matrices, the same number of slots
 * apart, and its paths have a third frequency beside angle and delay. The second axis of the array stands for time, so linear
 * arrays alone have it.
 */
export interface DopplerSpec {
  /** Matrices that a report is made of, 3 to 8. */
  readonly measurements: number;
  /** Frequencies of shifts, in bins of 1 / (measurements x spacing) from 0 up; the upper half is negative. `[measurements]` */
  readonly table: readonly number[];
}

/** Spacings that a report can tell, in slots. */
export const dopplerSpacings: readonly number[] = [1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 16, 20, 24, 32, 40, 64];

/** Matrices that a UE keeps, so that there are some far enough apart when it moves slowly. */
export const MATRICES_KEPT = 16;

/** What a UE measured before, a constant number of slots apart. */
export interface EarlierCsi {
  /** Slots from one matrix to the next, and from the last one to that of the report: one of `dopplerSpacings`. */
  readonly spacingSlots: number;
  /** Oldest first, of the shape of the matrix that is reported. */
  readonly matrices: readonly AngularDelayCsi[];
}

/** Bits of a report that say how it is made: a matrix alone, or several, and how far apart. */
export const STILL_BITS = 1;
export const MOVING_BITS = 5;

/** Shifts of channels that are measured often enough: no more than half of what the spacing can tell apart. */
const IN_RANGE = 5;

/** @param measurements - matrices of a report */
export function dopplerSpec(measurements: number): DopplerSpec {
  const table = Array.from({ length: measurements }, (_, bin) => {
    // Of the bins from the zero, the first on either side is far likelier.
    const away = Math.min(bin, measurements - 1 - bin);
    return away === 0 ? IN_RANGE : 1;
  });
  return { measurements, table };
}
