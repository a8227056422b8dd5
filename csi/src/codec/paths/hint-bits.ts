import { BitReader, BitWriter, isCanonical } from '../../bits.ts';
import type { BitString } from '../../csi.ts';
import { CsiError } from '../../errors.ts';
import { KNOWN_CELLS, MOST_KNOWN } from './constants.ts';
import { type KnownPaths, knownPathsAt } from './known.ts';
import type { PathCodecSpec } from './spec.ts';

/** Bits that tell how many places follow. */
const COUNT_BITS = 5;

/** Cells a bin of the place of a rank in a hint, from 0: halved at 1, 3, 7 and 15, as weak paths need less. */
export function hintCells(rank: number): number {
  return KNOWN_CELLS >> (31 - Math.clz32(rank + 1));
}

/** Bits of a hint: the number of its places, then each to the cells of its rank. Its version goes beside it. */
export function hintBits(spec: PathCodecSpec, { count }: Pick<KnownPaths, 'count'>): number {
  let bits = COUNT_BITS;
  for (let rank = 0; rank < count; rank++) {
    for (const bins of binsOf(spec)) bits += widthOf(bins, hintCells(rank));
  }
  return bits;
}

/**
 * Packs a hint as a BS sends it, most significant bit first.
 *
 * @param known - from a `PathHinter`
 * @throws RangeError where a place is not on the grid of its rank: the list is no hint.
 *
 * @example
 * const { bytes } = packHint(codec.spec, known);
 * const same = unpackHint(codec.spec, known.version, bytes);
 */
export function packHint(spec: PathCodecSpec, known: KnownPaths): BitString {
  const writer = new BitWriter(hintBits(spec, known));
  writer.write(known.count, COUNT_BITS);
  for (let rank = 0; rank < known.count; rank++) {
    const fineness = hintCells(rank);
    for (const [axis, bins] of binsOf(spec).entries()) {
      const cell = ((known.cells[3 * rank + axis] as number) * fineness) / KNOWN_CELLS;
      if (!Number.isInteger(cell)) throw new RangeError(`known path ${rank} is off the grid of a hint`);
      const width = widthOf(bins, fineness);
      for (let low = width & ~7; low >= 0; low -= 8) writer.write((cell >> low) & 255, Math.min(8, width - low));
    }
  }
  return writer.finish();
}

/**
 * Reads a hint.
 *
 * @param version - as the frame around it tells
 * @throws CsiError `payload-invalid` where the bytes are no hint of the spec.
 */
export function unpackHint(spec: PathCodecSpec, version: number, bytes: Uint8Array): KnownPaths {
  const count = bytes.length > 0 ? new BitReader(bytes).read(COUNT_BITS) : 0;
  const bits = hintBits(spec, { count });
  if (count > MOST_KNOWN || !isCanonical(bytes, bits)) {
    throw new CsiError(
      'payload-invalid',
      `hint of ${count} known paths has ${bytes.length} bytes, must have ${bits} bits`,
    );
  }
  const reader = new BitReader(bytes);
  reader.read(COUNT_BITS);
  const cells = new Int32Array(3 * count);
  for (let rank = 0; rank < count; rank++) {
    const fineness = hintCells(rank);
    for (const [axis, bins] of binsOf(spec).entries()) {
      const width = widthOf(bins, fineness);
      let cell = 0;
      for (let low = width & ~7; low >= 0; low -= 8) cell += reader.read(Math.min(8, width - low)) << low;
      if (cell >= bins * fineness)
        throw new CsiError('payload-invalid', `known path ${rank} of a hint is off its axis`);
      cells[3 * rank + axis] = (cell * KNOWN_CELLS) / fineness;
    }
  }
  return knownPathsAt(version, cells);
}

function binsOf({ antennas, numDelays }: PathCodecSpec): readonly number[] {
  return [...antennas, numDelays];
}

/** Bits of a place along an axis; along one of a single bin there is none to tell. */
function widthOf(bins: number, fineness: number): number {
  return bins === 1 ? 0 : Math.ceil(Math.log2(bins * fineness));
}
