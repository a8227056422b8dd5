import type { CodecMemory } from '../codec.ts';
import { CHECKS, KNOWN_CELLS, MOST_KNOWN } from './constants.ts';
import type { PathCodecSpec } from './spec.ts';

const { fround } = Math;

/** Where a path is, whatever its gain; as of a `PropagationPath`. */
export interface PathPlace {
  /** Cycles an antenna along each axis of the array. */
  readonly spatialFrequency: readonly [number, number];
  /** In samples, of 1 / bandwidth. */
  readonly delaySamples: number;
}

/**
 * Places that both ends of a link hold, so that a report names one by its number in the list instead of telling it. They
 * come from the uplink (`createPathHinter`) or from reports that the BS has acknowledged.
 *
 * A codec keeps no list between calls: whoever holds a session does, at either end, by version. That memory has three duties.
 * It never gives a version to two lists. It offers the encoder nothing but what the other end is sure to hold: a hint that the UE
 * has received, or a report of the UE's that the BS has acknowledged. And it finds the list of the version that a report was sent
 * with, or has the UE start afresh: a report without a list needs no memory, so that either end may forget at any time. As a list
 * is plain data, it can go with a report to whichever process decodes it.
 */
export interface KnownPaths {
  /** Told beside a report that refers to the list, and so is whether it refers to one at all. */
  readonly version: number;
  /** `[count][3]`, whole 128ths of a bin, `KNOWN_CELLS`: angle 1, angle 2, delay. Those likely to be strong come first. */
  readonly cells: Int32Array;
  readonly count: number;
  /** Short check of the list, 1 .. CHECKS - 1. A report carries it. */
  readonly check: number;
}

/** Known paths as what a session remembers. */
export interface PathMemory extends CodecMemory {
  readonly kind: 'paths';
  readonly known: KnownPaths;
}

/** The list in a memory of this codec. */
export function knownOf(memory: CodecMemory | undefined): KnownPaths | undefined {
  return memory && isPathMemory(memory) ? memory.known : undefined;
}

function isPathMemory(memory: CodecMemory): memory is PathMemory {
  return memory.kind === 'paths';
}

/**
 * Makes a list of places, on its grid; places on one cell count once, and all beyond 24 are left out.
 *
 * @param version - 1 or more; a list of other places has another one
 * @param places - likely strongest first
 * @param cellsOf - cells a bin of the place that comes as the `rank`th, from 0, a divisor of 128; all 128 unless told
 * @throws RangeError where the version or a place is no finite number, or the version is less than 1.
 *
 * @example
 * const known = createKnownPaths(codec.spec, 1, codec.decodePaths(acknowledged));
 * const { payload, knownVersion } = codec.encode(csi, rate, known);
 */
export function createKnownPaths(
  spec: PathCodecSpec,
  version: number,
  places: readonly PathPlace[],
  cellsOf: (rank: number) => number = () => KNOWN_CELLS,
): KnownPaths {
  const kept = new Map<string, readonly number[]>();
  for (const place of places) {
    const cells = cellsAt(spec, place, cellsOf(kept.size));
    if (!cells.every(Number.isFinite)) throw new RangeError(`place of a known path is not finite: ${cells}`);
    if (kept.size < MOST_KNOWN && !kept.has(cells.join())) kept.set(cells.join(), cells);
  }
  return knownPathsAt(version, Int32Array.from([...kept.values()].flat()));
}

/** The list of these cells. @throws RangeError where the version is less than 1 or no whole number. */
export function knownPathsAt(version: number, cells: Int32Array): KnownPaths {
  if (!Number.isInteger(version) || version < 1) throw new RangeError(`version is ${version}, must be 1 or more`);
  return { version, cells, count: cells.length / 3, check: checkOf(version, cells) };
}

/** Position of a known path along an axis, bins, float32. */
export function knownPosition({ cells }: KnownPaths, index: number, axis: number): number {
  return fround((cells[3 * index + axis] as number) / KNOWN_CELLS);
}

/** @param fineness - cells a bin that the place is rounded to */
function cellsAt(spec: PathCodecSpec, { spatialFrequency, delaySamples }: PathPlace, fineness: number): number[] {
  const { antennas, numDelays, numSubcarriers } = spec;
  const each = KNOWN_CELLS / fineness;
  const angles = antennas.map((bins, axis) => {
    const all = bins * fineness;
    const cell = Math.round((spatialFrequency[axis as 0 | 1] as number) * all) % all;
    return bins === 1 ? 0 : each * (cell < 0 ? cell + all : cell);
  });
  const all = numDelays * fineness;
  const cell = Math.round(delaySamples * fineness);
  // A window of delays has edges; a whole axis goes round.
  const last = all - Math.ceil(fineness / 4);
  return [
    ...angles,
    each * (numDelays === numSubcarriers ? ((cell % all) + all) % all : Math.min(Math.max(cell, 0), last)),
  ];
}

/** FNV-1a of the version and the cells, folded. */
function checkOf(version: number, cells: Int32Array): number {
  let hash = 0x811c9dc5;
  for (const value of [version, ...cells]) {
    for (let shift = 0; shift < 32; shift += 8) hash = Math.imul(hash ^ ((value >>> shift) & 255), 0x01000193);
  }
  return 1 + ((hash >>> 0) % (CHECKS - 1));
}
