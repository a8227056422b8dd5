import { createRandom } from '@edge-csi/csi';
import { Matrix } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { GramSums } from '../../../../scripts/lab/src/linear/gram-sums.ts';
import { solveRidge } from '../../../../scripts/lab/src/linear/matrix.ts';
import { type FitSample, fitSamples } from '../../../../scripts/lab/src/schemes/baselines.ts';
import { quantizeComponent } from '../../../../scripts/lab/src/schemes/codec-fit.ts';
import { estimateInto, fitInnovation, measureFloatTable } from '../../../../scripts/lab/src/schemes/linear-estimate.ts';
import { expectationOf, fitLinear, type LinearFit, latentsOf } from '../../../../scripts/lab/src/schemes/linear-fit.ts';
import { correlatedSamples, numEntries, sourceOf } from './correlated-samples.ts';

it('recovers the subspace that samples lie in', () => {
  const random = createRandom(3);
  const axes = [
    [0.6, 0.8, 0, 0, 0, 0],
    [0, 0, 0.8, -0.6, 0, 0],
  ];
  const sums = new GramSums(12);
  for (let n = 0; n < 500; n++) {
    const weights = [3 * random.gaussian(), random.gaussian()];
    const downlink = Float32Array.from(
      { length: 6 },
      (_, i) =>
        5 + axes.reduce((sum, axis, a) => sum + (weights[a] as number) * (axis[i] as number), 1e-3 * random.gaussian()),
    );
    sums.add(
      downlink,
      downlink.map(() => random.gaussian()),
    );
  }
  const { components } = fitLinear(sums, 6, 2);
  for (const [a, axis] of axes.entries()) {
    const cosine = axis.reduce((sum, value, i) => sum + value * (components[a * 6 + i] as number), 0);
    expect(Math.abs(cosine)).toBeGreaterThan(0.99);
  }
});

const training = correlatedSamples(4000, 1);
const fitted = await readAll(4000, 1);

/** Made-up samples as they are fitted on. */
async function readAll(count: number, seed: number): Promise<FitSample[]> {
  const samples: FitSample[] = [];
  for await (const sample of fitSamples(sourceOf(correlatedSamples(count, seed)), count)) samples.push(sample);
  return samples;
}

describe('a linear estimate', () => {
  const sums = new GramSums(2 * numEntries);
  for (const { downlink, uplink } of fitted) sums.add(downlink, uplink);
  const fit: LinearFit = fitLinear(sums, numEntries, numEntries);

  it('is exact with every component, float, on samples it was not fitted on', async () => {
    const [sample] = (await readAll(1, 2)) as [FitSample];
    const observed = Array.from({ length: numEntries }, (_, component) => ({ component, gain: 1, noise: 0 }));
    const estimate = new Float32Array(numEntries);
    const uplink = correlatedSamples(1, 2)[0]?.uplink as Parameters<typeof expectationOf>[2];
    for (const prior of [fit.meanPrior, fit.uplinkPrior]) {
      const innovation = fitInnovation(fit, prior, observed);
      estimateInto(estimate, innovation, latentsOf(fit, sample.downlink), expectationOf(fit, prior, uplink));
      for (const [i, value] of sample.downlink.entries()) expect(estimate[i]).toBeCloseTo(value, 3);
    }
  });

  it('gains from the uplink, most at short codewords', () => {
    const rows = measureFloatTable(fit, correlatedSamples(500, 3));
    expect(rows.map(({ codewordLength }) => codewordLength)).toEqual([4, 8, 16]);
    const gains = rows.map(({ pcaNmseDb, rrrNmseDb }) => pcaNmseDb - rrrNmseDb);
    expect(gains[0]).toBeGreaterThan(0.5);
    expect(rows[1]?.pcaNmseDb).toBeLessThan((rows[0]?.pcaNmseDb as number) - 3);
  });

  it('from a quantised codeword and the uplink is the joint regression on both', () => {
    const latents = fitted.map(({ downlink }) => latentsOf(fit, downlink));
    const used = [0, 1, 2];
    const tables = used.map((c) => quantizeComponent(Float32Array.from(latents, (all) => all[c] as number))[2]);
    const quantize = (value: number, step: number) =>
      (Math.min(Math.max(Math.floor(value / step), -2), 1) + 0.5) * step;
    const observed = used.map((component, i) => ({
      component,
      gain: tables[i]?.gain as number,
      noise: tables[i]?.noise as number,
    }));
    const codewords = latents.map((all) =>
      Float32Array.from(used, (c, i) => quantize(all[c] as number, tables[i]?.step as number)),
    );

    const features = new Matrix(fitted.length, used.length + numEntries);
    const target = new Matrix(fitted.length, numEntries);
    for (const [n, { downlink, uplink }] of fitted.entries()) {
      features.setRow(n, [
        ...(codewords[n] as Float32Array),
        ...uplink.map((value, i) => value - (fit.uplinkMean[i] as number)),
      ]);
      target.setRow(
        n,
        [...downlink].map((value, i) => value - (fit.downlinkMean[i] as number)),
      );
    }
    const gram = features.transpose().mmul(features);
    // Rounding leaves a product of a matrix with itself a little off symmetric.
    const symmetric = Matrix.add(gram, gram.transpose()).mul(0.5);
    const regressed = features.mmul(solveRidge(symmetric, features.transpose().mmul(target), 1e-9));

    const innovation = fitInnovation(fit, fit.uplinkPrior, observed);
    const estimate = new Float32Array(numEntries);
    let direct = 0;
    let ours = 0;
    for (const [n, { downlink }] of fitted.entries()) {
      const { uplink } = training[n] as (typeof training)[0];
      estimateInto(estimate, innovation, codewords[n] as Float32Array, expectationOf(fit, fit.uplinkPrior, uplink));
      for (const [i, value] of downlink.entries()) {
        const expected = Math.max(0, regressed.get(n, i) + (fit.downlinkMean[i] as number));
        direct += (value - expected) ** 2;
        ours += (value - (estimate[i] as number)) ** 2;
      }
    }
    expect(10 * Math.log10(ours / direct)).toBeLessThan(0.1);
  });
});
