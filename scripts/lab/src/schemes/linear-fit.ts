import { type AngularDelayCsi, uplinkMagnitudeInto } from '@edge-csi/csi';
import type { GramSums } from '../linear/gram-sums.ts';
import { leadingEigenvectors, Matrix, solveRidge } from '../linear/matrix.ts';

/** Ridge on the uplink's covariance, relative to its mean variance. */
const uplinkRidge = 1e-5;

/**
 * What the BS believes of the downlink magnitude before a codeword arrives: the mean alone, or a regression on the
 * uplink magnitude.
 */
export interface Prior {
  /** Regression on the uplink, row-major `[uplink entry][downlink entry]`; absent for the mean alone. */
  readonly regression?: Float32Array;
  /** cov(component, entry) of the prior's error, `[numComponents][numEntries]`. */
  readonly errorProjection: Matrix;
  /** cov(component, component) of the prior's error. */
  readonly errorCovariance: Matrix;
}

/** Principal components of the downlink magnitude, and the linear estimates of it before any feedback. */
export interface LinearFit {
  readonly numEntries: number;
  readonly numComponents: number;
  readonly downlinkMean: Float32Array;
  readonly uplinkMean: Float32Array;
  /** Orthonormal, most variance first, row-major `[numComponents][numEntries]`. */
  readonly components: Float32Array;
  /** Without uplink, the prior of PCA. */
  readonly meanPrior: Prior;
  readonly uplinkPrior: Prior;
}

/**
 * Fits principal components and the regression on the uplink, E[x | u] = mean + B^T (u - mean_u) with
 * B = cov(u, u)^-1 cov(u, x), whose error has the covariance cov(x, x) - cov(x, u) B.
 *
 * @param sums - of [x, u] over samples: magnitudes of the downlink, then of the uplink, `[2 numEntries]`
 * @param numComponents - components to keep, at most
 * @throws RangeError where fewer than two samples were summed.
 */
export function fitLinear(sums: GramSums, numEntries: number, numComponents: number): LinearFit {
  const downlink = sums.covariance(0, numEntries, 0, numEntries);
  const uplink = sums.covariance(numEntries, numEntries, numEntries, numEntries);
  const uplinkDownlink = sums.covariance(numEntries, numEntries, 0, numEntries);
  // Fewer samples than entries leave no variance in the rest.
  const kept = Math.min(numComponents, numEntries, sums.count - 1);
  const leading = leadingEigenvectors(downlink, kept);
  const components = new Matrix(kept, numEntries);
  for (let i = 0; i < kept; i++) components.setRow(i, leading.getColumn(kept - 1 - i));
  const regression = solveRidge(uplink, uplinkDownlink, uplinkRidge);
  const uplinkError = Matrix.sub(downlink, uplinkDownlink.transpose().mmul(regression));
  return {
    numEntries,
    numComponents: kept,
    downlinkMean: Float32Array.from(sums.mean(0, numEntries)),
    uplinkMean: Float32Array.from(sums.mean(numEntries, numEntries)),
    components: Float32Array.from(components.to1DArray()),
    meanPrior: priorOf(components, downlink),
    uplinkPrior: { ...priorOf(components, uplinkError), regression: Float32Array.from(regression.to1DArray()) },
  };
}

function priorOf(components: Matrix, error: Matrix): Prior {
  const errorProjection = components.mmul(error);
  return { errorProjection, errorCovariance: errorProjection.mmul(components.transpose()) };
}

/** What a prior makes of one sample's uplink. */
export interface Expectation {
  /** Downlink magnitude, norm 1, `[numEntries]`. */
  readonly magnitude: Float32Array;
  /** Its principal components, `[numComponents]`. */
  readonly latents: Float32Array;
}

/** What a prior expects of the downlink magnitude, given the uplink; its mean without one. */
export function expectationOf(fit: LinearFit, prior: Prior, uplink: AngularDelayCsi | undefined): Expectation {
  const { regression } = prior;
  const magnitude = fit.downlinkMean.slice();
  if (regression === undefined || uplink === undefined)
    return { magnitude, latents: new Float32Array(fit.numComponents) };
  const deviation = new Float32Array(fit.numEntries);
  uplinkMagnitudeInto(deviation, uplink.values);
  for (let i = 0; i < deviation.length; i++) deviation[i] = (deviation[i] as number) - (fit.uplinkMean[i] as number);
  addProductInto(magnitude, regression, deviation);
  return { magnitude, latents: latentsOf(fit, magnitude) };
}

/** Principal components of a magnitude's deviation from the mean, `[numComponents]`. */
export function latentsOf(fit: LinearFit, magnitude: Float32Array): Float32Array {
  const { numEntries, components, downlinkMean } = fit;
  const deviation = magnitude.map((value, entry) => value - (downlinkMean[entry] as number));
  const latents = new Float32Array(fit.numComponents);
  for (let i = 0; i < latents.length; i++) {
    const row = i * numEntries;
    // Four sums, so that an addition need not wait for the one before.
    let [sum0, sum1, sum2, sum3] = [0, 0, 0, 0];
    let j = 0;
    for (; j + 4 <= numEntries; j += 4) {
      sum0 += (components[row + j] as number) * (deviation[j] as number);
      sum1 += (components[row + j + 1] as number) * (deviation[j + 1] as number);
      sum2 += (components[row + j + 2] as number) * (deviation[j + 2] as number);
      sum3 += (components[row + j + 3] as number) * (deviation[j + 3] as number);
    }
    for (; j < numEntries; j++) sum0 += (components[row + j] as number) * (deviation[j] as number);
    latents[i] = sum0 + sum1 + sum2 + sum3;
  }
  return latents;
}

/** Adds `matrix^T factors` to `out`; the matrix is row-major, `[factors.length][out.length]`. */
export function addProductInto(out: Float32Array, matrix: Float32Array, factors: Float32Array): void {
  const width = out.length;
  // Four rows at a time share the loads and stores of the sum.
  let row = 0;
  for (; row + 4 <= factors.length; row += 4) {
    const at0 = row * width;
    const at1 = at0 + width;
    const at2 = at1 + width;
    const at3 = at2 + width;
    const factor0 = factors[row] as number;
    const factor1 = factors[row + 1] as number;
    const factor2 = factors[row + 2] as number;
    const factor3 = factors[row + 3] as number;
    for (let j = 0; j < width; j++) {
      out[j] =
        (out[j] as number) +
        factor0 * (matrix[at0 + j] as number) +
        factor1 * (matrix[at1 + j] as number) +
        factor2 * (matrix[at2 + j] as number) +
        factor3 * (matrix[at3 + j] as number);
    }
  }
  for (; row < factors.length; row++) {
    const factor = factors[row] as number;
    for (let j = 0; j < width; j++) out[j] = (out[j] as number) + factor * (matrix[row * width + j] as number);
  }
}
