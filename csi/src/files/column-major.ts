/** Takes the values of a column-major array one after another and puts them where they stand row-major. */
export interface ColumnMajorSink {
  /** @throws RangeError where there are more values than the shape has. */
  push(value: number): void;
}

/** Columns that are put in place together: neighbours in memory share a cache line, and rows far apart are visited once. */
const COLUMNS_AT_ONCE = 16;

/**
 * Writes values that come in column-major order into a row-major array.
 *
 * @param out - `[prod(shape) * parts]`, complete once the last value has come
 * @param parts - numbers an element: 2 where complex numbers are interleaved
 * @param part - which of them is written
 */
export function createColumnMajorSink(
  out: Float32Array,
  shape: readonly number[],
  parts: 1 | 2,
  part: 0 | 1,
): ColumnMajorSink {
  const [numRows = 1, ...rest] = shape;
  const numColumns = rest.reduce((product, size) => product * size, 1);
  const rowLength = parts * numColumns;
  const place = createPlaces(rest, parts);
  const block = new Float32Array(numRows * Math.min(COLUMNS_AT_ONCE, numColumns));
  let places: number[] = [];
  let filled = 0;
  let left = numRows * numColumns;

  const flush = (): void => {
    for (let row = 0; row < numRows; row++) {
      const start = row * rowLength + part;
      for (let column = 0; column < places.length; column++) {
        out[start + (places[column] as number)] = block[column * numRows + row] as number;
      }
    }
    places = [];
    filled = 0;
  };

  return {
    push(value) {
      if (left === 0) throw new RangeError(`more values than [${shape}] has`);
      if (filled % numRows === 0) places.push(place());
      block[filled++] = value;
      left--;
      if (filled === block.length || left === 0) flush();
    },
  };
}

/** Gives, column after column, where in a row each stands: the first of the axes `rest` varies fastest. */
function createPlaces(rest: readonly number[], parts: number): () => number {
  const strides = rest.map((_, axis) => parts * rest.slice(axis + 1).reduce((product, size) => product * size, 1));
  const index = rest.map(() => 0);
  return () => {
    const place = index.reduce((sum, position, axis) => sum + position * (strides[axis] as number), 0);
    for (let axis = 0; axis < index.length; axis++) {
      index[axis] = (index[axis] as number) + 1;
      if (index[axis] !== rest[axis]) break;
      index[axis] = 0;
    }
    return place;
  };
}
