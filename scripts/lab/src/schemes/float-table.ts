import { magnitudeErrorRatio, nmseDb, normalizeSpherical } from '@edge-csi/csi';
import type { LinkSample } from '../link/transceiver.ts';
import { estimateInto, fitInnovation } from './innovation.ts';
import { expectationOf, type LinearFit, latentsOf, type Prior } from './linear-fit.ts';

/** Magnitude NMSE (perfect phase) of float codewords of one length. */
export interface FloatRow {
  readonly codewordLength: number;
  readonly pcaNmseDb: number;
  readonly rrrNmseDb: number;
}

/** Codeword lengths of the table: those of the models and between. */
const codewordLengths = [4, 8, 16, 43, 64, 128, 256, 384];

/** Measures unquantised codewords: what a linear scheme could do if bits were free, the literature's axis. */
export function measureFloatTable(fit: LinearFit, samples: readonly LinkSample[]): FloatRow[] {
  const lengths = codewordLengths.filter((length) => length <= fit.numComponents);
  const pca = magnitudeNmseDb(fit, fit.meanPrior, samples, lengths);
  const rrr = magnitudeNmseDb(fit, fit.uplinkPrior, samples, lengths);
  return lengths.map((codewordLength, i) => ({
    codewordLength,
    pcaNmseDb: pca[i] as number,
    rrrNmseDb: rrr[i] as number,
  }));
}

function magnitudeNmseDb(
  fit: LinearFit,
  prior: Prior,
  samples: readonly LinkSample[],
  lengths: readonly number[],
): number[] {
  const innovations = lengths.map((length) =>
    fitInnovation(
      fit,
      prior,
      Array.from({ length }, (_, component) => ({ component, gain: 1, noise: 0 })),
    ),
  );
  const ratios: number[][] = lengths.map(() => []);
  const estimate = new Float32Array(fit.numEntries);
  const planar = new Float32Array(2 * fit.numEntries);
  for (const { downlink, uplink } of samples) {
    const truth = normalizeSpherical(downlink).magnitude.values;
    planar.set(truth);
    const latents = latentsOf(fit, truth);
    const expectation = expectationOf(fit, prior, uplink);
    for (const [i, innovation] of innovations.entries()) {
      estimateInto(estimate, innovation, latents, expectation);
      ratios[i]?.push(magnitudeErrorRatio(planar, estimate));
    }
  }
  return ratios.map((row) => nmseDb(row));
}
