import { Matrix } from './matrix.ts';

/** Rows that are multiplied at a time: few enough for a panel of them to stay in cache. */
const blockRows = 256;
/** Columns of a panel, which are the rows and columns of the products held in registers. */
const panel = 4;

/** Sums of vectors z and of their outer products over samples: what means and covariances are made of. */
export class GramSums {
  /** Length of z, padded to whole panels. */
  readonly #width: number;
  /** Products are needed of these leading entries with all others. */
  readonly #leading: number;
  readonly #sum: Float64Array;
  readonly #gram: Float64Array;
  /** The rows since the last multiplication, `[width / panel][blockRows][panel]`. */
  readonly #block: Float64Array;
  #blockCount = 0;
  #count = 0;

  /**
   * @param length - entries of z
   * @param leading - entries, from the first on, whose covariances with all entries will be asked for; the others' with
   * each other are not computed
   */
  constructor(length: number, leading = length) {
    this.#width = Math.ceil(length / panel) * panel;
    this.#leading = leading;
    this.#sum = new Float64Array(this.#width);
    this.#gram = new Float64Array(Math.ceil(leading / panel) * panel * this.#width);
    this.#block = new Float64Array(this.#width * blockRows);
  }

  /** Adds one sample, whose entries come in parts. */
  add(...parts: readonly ArrayLike<number>[]): void {
    let column = 0;
    for (const part of parts) {
      for (let i = 0; i < part.length; i++, column++) {
        const value = part[i] as number;
        this.#sum[column] = (this.#sum[column] as number) + value;
        this.#block[(column - (column % panel)) * blockRows + this.#blockCount * panel + (column % panel)] = value;
      }
    }
    this.#count++;
    if (++this.#blockCount === blockRows) this.#multiply();
  }

  /** Samples added. */
  get count(): number {
    return this.#count;
  }

  /** Means of the entries from `start` on, `[length]`. @throws RangeError where fewer than two samples were added. */
  mean(start: number, length: number): Float64Array {
    this.#requireSamples();
    return this.#sum.slice(start, start + length).map((sum) => sum / this.#count);
  }

  /**
   * Covariances of `numRows` entries from `row` on with `numColumns` entries from `column` on.
   *
   * @throws RangeError where fewer than two samples were added, or neither range lies within the leading entries.
   */
  covariance(row: number, numRows: number, column: number, numColumns: number): Matrix {
    this.#requireSamples();
    if (row + numRows > this.#leading && column + numColumns > this.#leading) {
      throw new RangeError(`covariances of entries after the first ${this.#leading} with each other were not summed`);
    }
    this.#multiply();
    const matrix = new Matrix(numRows, numColumns);
    for (let i = 0; i < numRows; i++) {
      for (let j = 0; j < numColumns; j++) matrix.set(i, j, this.#covarianceOf(row + i, column + j));
    }
    return matrix;
  }

  #covarianceOf(row: number, column: number): number {
    const [low, high] = row < column ? [row, column] : [column, row];
    const product = (this.#gram[low * this.#width + high] as number) / this.#count;
    return product - ((this.#sum[row] as number) * (this.#sum[column] as number)) / this.#count ** 2;
  }

  #requireSamples(): void {
    if (this.#count < 2) throw new RangeError(`${this.#count} samples, covariances need at least 2`);
  }

  /** Adds the block's products to the upper triangle: 4 x 4 of them at a time, each loaded value used four times. */
  #multiply(): void {
    const rows = this.#blockCount;
    const width = this.#width;
    const sums = new Float64Array(panel * panel);
    for (let i = 0; i < this.#leading; i += panel) {
      for (let j = i; j < width; j += panel) {
        multiplyPanels(sums, this.#block, i * blockRows, j * blockRows, rows);
        for (let k = 0; k < sums.length; k++) {
          const at = (i + (k >> 2)) * width + j + (k & 3);
          this.#gram[at] = (this.#gram[at] as number) + (sums[k] as number);
        }
      }
    }
    this.#blockCount = 0;
  }
}

/** Writes A^T B of two panels `[rows][4]` that start at `a` and `b` of `block`, `[4][4]`. */
function multiplyPanels(out: Float64Array, block: Float64Array, a: number, b: number, rows: number): void {
  let [s00, s01, s02, s03, s10, s11, s12, s13] = [0, 0, 0, 0, 0, 0, 0, 0];
  let [s20, s21, s22, s23, s30, s31, s32, s33] = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let row = 0; row < rows; row++) {
    const at = a + panel * row;
    const bt = b + panel * row;
    const a0 = block[at] as number;
    const a1 = block[at + 1] as number;
    const a2 = block[at + 2] as number;
    const a3 = block[at + 3] as number;
    const b0 = block[bt] as number;
    const b1 = block[bt + 1] as number;
    const b2 = block[bt + 2] as number;
    const b3 = block[bt + 3] as number;
    s00 += a0 * b0;
    s01 += a0 * b1;
    s02 += a0 * b2;
    s03 += a0 * b3;
    s10 += a1 * b0;
    s11 += a1 * b1;
    s12 += a1 * b2;
    s13 += a1 * b3;
    s20 += a2 * b0;
    s21 += a2 * b1;
    s22 += a2 * b2;
    s23 += a2 * b3;
    s30 += a3 * b0;
    s31 += a3 * b1;
    s32 += a3 * b2;
    s33 += a3 * b3;
  }
  out.set([s00, s01, s02, s03, s10, s11, s12, s13, s20, s21, s22, s23, s30, s31, s32, s33]);
}
