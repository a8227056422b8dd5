/** A complex square matrix, row-major, `[size * size]` each. */
export interface ComplexMatrix {
  readonly size: number;
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/**
 * Inverts a Hermitian, positive definite matrix by Gauss-Jordan elimination, which needs no pivoting there.
 *
 * @throws RangeError where a pivot is not above 0.
 */
export function hermitianInverse({ size, re, im }: ComplexMatrix): ComplexMatrix {
  const width = 2 * size;
  const rowsRe = new Float64Array(size * width);
  const rowsIm = new Float64Array(size * width);
  for (let i = 0; i < size; i++) {
    rowsRe.set(re.subarray(i * size, (i + 1) * size), i * width);
    rowsIm.set(im.subarray(i * size, (i + 1) * size), i * width);
    rowsRe[i * width + size + i] = 1;
  }
  for (let pivot = 0; pivot < size; pivot++) {
    const value = rowsRe[pivot * width + pivot] as number;
    if (!(value > 0)) throw new RangeError(`pivot ${pivot} is ${value}, the matrix must be positive definite`);
    for (let k = pivot * width; k < (pivot + 1) * width; k++) {
      rowsRe[k] = (rowsRe[k] as number) / value;
      rowsIm[k] = (rowsIm[k] as number) / value;
    }
    for (let row = 0; row < size; row++) {
      if (row === pivot) continue;
      const factorRe = rowsRe[row * width + pivot] as number;
      const factorIm = rowsIm[row * width + pivot] as number;
      for (let k = 0; k < width; k++) {
        const re = rowsRe[pivot * width + k] as number;
        const im = rowsIm[pivot * width + k] as number;
        const at = row * width + k;
        rowsRe[at] = (rowsRe[at] as number) - (factorRe * re - factorIm * im);
        rowsIm[at] = (rowsIm[at] as number) - (factorRe * im + factorIm * re);
      }
    }
  }
  const right = (rows: Float64Array) => {
    const out = new Float64Array(size * size);
    for (let i = 0; i < size; i++) out.set(rows.subarray(i * width + size, (i + 1) * width), i * size);
    return out;
  };
  return { size, re: right(rowsRe), im: right(rowsIm) };
}
