export { applyDense, applyDenseInto, lowRankLayers, quantizedLayer, selectColumns, selectFrom } from './dense-layer.ts';
export { GramSums } from './gram-sums.ts';
export {
  inverse,
  leadingEigenvectors,
  Matrix,
  solveRidge,
  symmetricEigenvalues,
  triangularRoot,
} from './matrix.ts';
export { type Regression, regress, rowOf, type SampleMatrix, sumsOf } from './regression.ts';
