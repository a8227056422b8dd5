import { type Random, uniformPhase } from '../random.ts';
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

const NUM_WAVES = 64;

/** A normal random variable at every place of the plane, alike at places near each other. */
export type GaussianField = (place: { readonly x: number; readonly y: number }) => number;

/**
 * Draws a field of mean 0 and variance 1 whose correlation falls as exp(-distance / correlationM): a sum of plane waves,
 * their wave numbers drawn from the spectrum of that correlation.
 */
export function createGaussianField(correlationM: number, random: Random): GaussianField {
  const waves = Array.from({ length: NUM_WAVES }, () => {
    // In the plane the spectrum is (1 + (k D)^2)^-3/2; its distribution over |k| inverts in closed form.
    const wavenumber = Math.sqrt((1 - random.uniform()) ** -2 - 1) / correlationM;
    const direction = uniformPhase(random);
    return {
      kx: wavenumber * Math.cos(direction),
      ky: wavenumber * Math.sin(direction),
      phaseRad: uniformPhase(random),
    };
  });
  const amplitude = Math.sqrt(2 / NUM_WAVES);
  return ({ x, y }) => amplitude * waves.reduce((sum, w) => sum + Math.cos(w.kx * x + w.ky * y + w.phaseRad), 0);
}
