import { CsiError } from '@edge-csi/csi';
import { CholeskyDecomposition, EigenvalueDecomposition, inverse, Matrix } from 'ml-matrix';

// The one home of ml-matrix: what else calculates with matrices takes them from here.
export { inverse, Matrix };

/**
 * Solves (A + ridge mean(diag A) I) X = B for a covariance A.
 *
 * @throws CsiError `csi-invalid` where that is not positive definite, as of samples that are all alike.
 */
export function solveRidge(a: Matrix, b: Matrix, ridge: number): Matrix {
  const cholesky = new CholeskyDecomposition(withRidge(a, ridge));
  if (!cholesky.isPositiveDefinite()) {
    throw new CsiError('csi-invalid', `the covariance of ${a.rows} variables is singular: fit on more, other samples`);
  }
  return cholesky.solve(b);
}

/** R with R R^T = A A^T, lower triangular, so that |A^T z| = |R^T z|. */
export function triangularRoot(a: Matrix): Matrix {
  return new CholeskyDecomposition(withRidge(a.mmul(a.transpose()), 1e-9)).lowerTriangularMatrix;
}

/** Eigenvectors of a symmetric matrix `[n][n]` to its largest eigenvalues, which rise from column to column, `[n][count]`. */
export function leadingEigenvectors(symmetric: Matrix, count: number): Matrix {
  const { rows } = symmetric;
  const { eigenvectorMatrix } = new EigenvalueDecomposition(symmetric, { assumeSymmetric: true });
  return eigenvectorMatrix.subMatrix(0, rows - 1, rows - count, rows - 1);
}

/** Eigenvalues of a symmetric matrix, rising. */
export function symmetricEigenvalues(symmetric: Matrix): number[] {
  return new EigenvalueDecomposition(symmetric, { assumeSymmetric: true }).realEigenvalues;
}

function withRidge(a: Matrix, ridge: number): Matrix {
  const regular = a.clone();
  const load = (ridge * a.trace()) / a.rows;
  for (let i = 0; i < a.rows; i++) regular.set(i, i, a.get(i, i) + load);
  return regular;
}
