import { setImmediate as nextTurn } from 'node:timers/promises';
import { normalizeSpherical, type ScaleSpec, uplinkMagnitudeInto } from '@edge-csi/csi';
import type { CsiSource } from '@edge-csi/csi/files';
import { hasUplink, sampleCount, spreadIndices, usableSample } from '../data.ts';
import { GramSums } from '../linear/gram-sums.ts';
import { quantizeComponent } from './codec-fit.ts';
import { fitLinear, type LinearFit, latentsOf } from './linear-fit.ts';
import { createLinearCodec, createLinearScheme } from './linear-scheme.ts';
import type { Scheme } from './scheme.ts';
import { type StrongestEntries, strongestEntries } from './topk-codebook.ts';
import { createTopKScheme, mostEntries } from './topk-scheme.ts';

/** The classical schemes, fitted, and the linear fit they share. */
export interface Baselines {
  readonly schemes: readonly Scheme[];
  readonly linear: LinearFit;
  /** Samples that were fitted on. */
  readonly samples: number;
}

export interface BaselineOptions {
  readonly source: CsiSource;
  /** Samples to fit on, at most. */
  readonly limit: number;
  readonly scale: ScaleSpec;
  readonly signal?: AbortSignal;
  readonly onProgress: (done: number) => void;
}

/** Components kept: no bit budget below reaches further. */
const numComponents = 512;
/** Codeword bits of the linear schemes. */
const codewordBudgets = [24, 36, 50, 70, 95, 130, 170, 215, 270, 330, 400, 480, 570, 680, 800, 950, 1150, 1400];
/** Samples to choose quantiser steps on, and to set phase rates on: spread over all of them. */
const stepSamples = 4096;
const rateSamples = 256;

/**
 * Fits every classical scheme on one pass over a data file.
 *
 * @throws AbortError as `fitSamples`.
 * @example
 * const { schemes } = await fitBaselines({ source, limit: 16_000, scale, onProgress: () => undefined });
 * for (const scheme of schemes) curve.push(...(await sweep(scheme, { select: samples, measure: samples }, () => undefined)));
 * bestWithin(curve, 700);
 */
export async function fitBaselines({ source, limit, scale, signal, onProgress }: BaselineOptions): Promise<Baselines> {
  const samples = sampleCount(source, limit);
  const strongest: StrongestEntries[] = [];
  const kept: Float32Array[] = [];
  const stride = Math.ceil(samples / stepSamples);
  let sums: GramSums | undefined;
  for await (const sample of fitSamples(source, limit, signal)) {
    sums ??= new GramSums(2 * sample.downlink.length);
    sums.add(sample.downlink, sample.uplink);
    if (strongest.length % stride === 0) kept.push(sample.downlink);
    strongest.push(strongestEntries(sample.downlink, mostEntries));
    onProgress(strongest.length);
  }
  const [first] = kept;
  if (sums === undefined || first === undefined) throw new RangeError(`${source.name} has no samples to fit on`);
  const linear = fitLinear(sums, first.length, numComponents);

  const latents = kept.map((magnitude) => latentsOf(linear, magnitude));
  const tables = Array.from({ length: linear.numComponents }, (_, component) =>
    quantizeComponent(Float32Array.from(latents, (all) => all[component] as number)),
  );
  const rateStride = Math.ceil(latents.length / rateSamples);
  const rated = latents.filter((_, i) => i % rateStride === 0);
  const codecs = codewordBudgets.map((budget) => createLinearCodec(linear, tables, rated, budget));
  // A small matrix runs out of components before the budgets do.
  const distinct = codecs.filter((codec, i) => codec.codewordBits !== codecs[i - 1]?.codewordBits);
  const shared = { fit: linear, codecs: distinct, scale };
  return {
    schemes: [
      createTopKScheme(strongest, linear.numEntries, scale),
      createLinearScheme({ name: 'pca', prior: linear.meanPrior, ...shared }),
      createLinearScheme({ name: 'linear-rrr', prior: linear.uplinkPrior, ...shared }),
    ],
    linear,
    samples,
  };
}

/** Magnitudes of one sample in both bands, each divided by its norm, `[numEntries]`; zeros for an uplink that there is not. */
export interface FitSample {
  readonly downlink: Float32Array;
  readonly uplink: Float32Array;
}

/** Samples between two turns of the event loop, in which a signal is seen. */
const block = 64;

/**
 * Reads samples to fit on, one after another so that none has to stay in memory: at most `limit`, spread evenly over
 * the file, as neighbours in it are often neighbours in space.
 *
 * @throws AbortError where the signal is aborted: a fit on some of the samples is none.
 */
export async function* fitSamples(source: CsiSource, limit: number, signal?: AbortSignal): AsyncGenerator<FitSample> {
  for (const [i, index] of spreadIndices(source, limit).entries()) {
    if (i % block === 0) {
      await nextTurn();
      signal?.throwIfAborted();
    }
    const downlink = normalizeSpherical(usableSample(source, 'downlink', index)).magnitude.values;
    const uplink = new Float32Array(downlink.length);
    if (hasUplink(source)) uplinkMagnitudeInto(uplink, usableSample(source, 'uplink', index).values);
    yield { downlink, uplink };
  }
}
