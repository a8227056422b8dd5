/** Lower triangular factor L of a correlation matrix R = L L', row by row. */
export type CholeskyFactor = readonly (readonly number[])[];

/** @throws RangeError where the matrix is not positive definite. */
export function cholesky(matrix: readonly (readonly number[])[]): CholeskyFactor {
  const factor: number[][] = [];
  for (const [i, row] of matrix.entries()) {
    const out: number[] = [];
    for (let j = 0; j <= i; j++) {
      let rest = row[j] as number;
      for (let k = 0; k < j; k++) rest -= (out[k] as number) * ((factor[j] ?? out)[k] as number);
      if (j === i && !(rest > 0)) throw new RangeError(`row ${i} of the matrix makes it not positive definite`);
      out.push(j === i ? Math.sqrt(rest) : rest / (factor[j]?.[j] as number));
    }
    factor.push(out);
  }
  return factor;
}

/** Mixes independent normals into correlated ones. */
export function correlate(factor: CholeskyFactor, normals: readonly number[]): number[] {
  return factor.map((row) => row.reduce((sum, weight, i) => sum + weight * (normals[i] as number), 0));
}
