import { CsiError } from '@edge-csi/csi';
import { CholeskyDecomposition, type Matrix } from 'ml-matrix';

/**
 * Solves (A + ridge mean(diag A) I) X = B for a covariance A.
 *
 * @throws CsiError `csi-invalid` where that is not positive definite, as of samples that are all alike.
 */
export function solveRidge(a: Matrix, b: Matrix, ridge: number): Matrix {
  const regular = a.clone();
  const load = (ridge * a.trace()) / a.rows;
  for (let i = 0; i < a.rows; i++) regular.set(i, i, a.get(i, i) + load);
  const cholesky = new CholeskyDecomposition(regular);
  if (!cholesky.isPositiveDefinite()) {
    throw new CsiError('csi-invalid', `the covariance of ${a.rows} variables is singular: fit on more, other samples`);
  }
  return cholesky.solve(b);
}
