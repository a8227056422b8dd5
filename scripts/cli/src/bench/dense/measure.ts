import path from 'node:path';
import {
  type DenseStudy,
  type FloatRow,
  fitBaselines,
  linkSamples,
  measureFloatTable,
  studyDense,
} from '@edge-csi/lab';
import { dataFor, openData } from '@edge-csi/lab/data';
import { type Metric, nmseMetric } from '@edge-csi/lab/metrics';
import { UsageError } from '@edge-csi/lab/usage-error';
import type { Manifest } from '@edge-csi/models';
import { renderTextSections } from '@edge-csi/report';
import { eachUntilInterrupted, unlessInterrupted } from '../../interruption.ts';
import { modelsById, prunedModelsOfOneShape } from '../../model-choice.ts';
import { startProgress } from '../../progress.ts';
import type { BenchOptions } from '../bench-options.ts';
import { type DenseResult, densePage } from './page.ts';

/** `bench --suite dense`: NMSE against codeword length, rank and bits per weight of the encoder's Dense layer. */
export async function dense(options: BenchOptions): Promise<DenseResult & { readonly metrics: readonly Metric[] }> {
  const { models, zoo, samples, signal } = options;
  const manifests = models ? await modelsById(models, zoo) : await prunedModelsOfOneShape(zoo);
  const other = manifests.find((m) => !m.pruned || m.planes === 'absolute-parts');
  if (other !== undefined) {
    throw new UsageError(
      `${other.id} has more than a Dense layer on |H|; name pruned DualNet-MAG models with --models`,
    );
  }
  manifests.sort((a, b) => a.codeword.length - b.codeword.length);
  const progress = startProgress('models', manifests.length);
  let studied = 0;
  const studies = await eachUntilInterrupted(manifests, signal, async (manifest) => {
    const study = await studyDense({ manifest, zoo, data: dataFor(manifest, options), samples, signal });
    progress.update(++studied);
    return study;
  }).finally(progress.stop);
  const [first] = manifests;
  const linear = first && (await unlessInterrupted(signal, () => linearTable(options, first)));
  const { sections } = densePage({ studies, linear }, path.basename(options.data));
  process.stdout.write(`${renderTextSections(sections)}\n`);
  return { studies, linear, metrics: denseMetrics(studies) };
}

/** What a later run is held to. */
function denseMetrics(studies: readonly DenseStudy[]): Metric[] {
  return studies.flatMap(({ model, floatMagnitudeNmseDb, variants }) => [
    nmseMetric(`${model} |H| NMSE dB, float codeword`, floatMagnitudeNmseDb),
    ...variants.map(({ rank, bitsPerWeight, magnitudeNmseDb }) => {
      const variant = rank === undefined ? `${bitsPerWeight} bits a weight` : `rank ${rank}`;
      return nmseMetric(`${model} |H| NMSE dB, ${variant}`, magnitudeNmseDb);
    }),
  ]);
}

async function linearTable(options: BenchOptions, manifest: Manifest): Promise<FloatRow[] | undefined> {
  const { baselinesFrom, normalization } = { ...options, normalization: manifest.normalization };
  if (baselinesFrom === undefined || normalization.kind !== 'spherical') return undefined;
  const training = await openData(dataFor(manifest, { data: baselinesFrom }));
  const progress = startProgress('linear', Math.min(options.fitSamples, training.numSamples));
  const fitting = {
    source: training,
    limit: options.fitSamples,
    scale: normalization.scale,
    signal: options.signal,
    onProgress: progress.update,
  };
  const { linear } = await fitBaselines(fitting).finally(progress.stop);
  const source = await openData(dataFor(manifest, options));
  return measureFloatTable(
    linear,
    linkSamples(source, 0, Math.min(options.samples ?? source.numSamples, source.numSamples)),
  );
}
