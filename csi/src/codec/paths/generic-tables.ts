import { indoorPathTables } from './indoor-tables.ts';
import type { PathTables } from './tables.ts';

/** What a delay has at least, and what all delays of wide windows have so together: the sum of a table is bounded. */
const LEAST = 12;
const LEAST_TOTAL = 2 ** 14;

/**
 * Tables for any array and band, without data. Levels are as channels have them anywhere; angles crowd about half a cycle an
 * antenna, where a linear array sees much of the plane under one angle; delays fall off gently.
 *
 * @param antennas - elements along each axis
 */
export function genericTables(antennas: readonly [number, number], numDelays: number): PathTables {
  const { first, end, next, near } = indoorPathTables;
  const least = Math.min(LEAST, Math.floor(LEAST_TOTAL / (4 * numDelays)));
  return {
    first,
    end,
    next,
    near,
    angle: [angleTable(antennas[0]), angleTable(antennas[1])],
    delay: Array.from({ length: 2 * numDelays }, (_, i) => least + Math.round(400 / (1 + i / 8))),
    later: Array.from({ length: 4 * numDelays }, (_, i) => {
      const halves = i - 2 * numDelays;
      return least + Math.round(400 / (1 + (halves < 0 ? -halves / 3 : halves / 8)));
    }),
  };
}

function angleTable(bins: number): number[] {
  return Array.from({ length: bins }, (_, i) => 16 + Math.round(16 / (1 + Math.abs((16 * (2 * i - bins)) / bins))));
}
