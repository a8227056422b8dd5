import path from 'node:path';
import type { Manifest } from '@edge-csi/models';
import { dataFor, openData } from '../data.ts';
import { modelsById, prunedModelsOfOneShape } from '../model-choice.ts';
import { startProgress } from '../progress.ts';
import { renderTextSections } from '../report/text-sections.ts';
import { UsageError } from '../usage.ts';
import { linkSamples } from './accuracy.ts';
import { fitBaselines } from './baselines/baselines.ts';
import { type FloatRow, measureFloatTable } from './baselines/float-table.ts';
import type { BenchOptions } from './bench-options.ts';
import { type DenseResult, densePage } from './dense-report.ts';
import { type DenseStudy, studyDense } from './dense-study.ts';

/** `bench --suite dense`: NMSE against codeword length, rank and bits per weight of the encoder's Dense layer. */
export async function dense(options: BenchOptions): Promise<DenseResult> {
  const { models, zoo, samples } = options;
  const manifests = models ? await modelsById(models, zoo) : await prunedModelsOfOneShape(zoo);
  const other = manifests.find((m) => !m.pruned || m.planes === 'absolute-parts');
  if (other !== undefined) {
    throw new UsageError(
      `${other.id} has more than a Dense layer on |H|; name pruned DualNet-MAG models with --models`,
    );
  }
  manifests.sort((a, b) => a.codeword.length - b.codeword.length);
  const studies: DenseStudy[] = [];
  const progress = startProgress('models', manifests.length);
  for (const manifest of manifests) {
    const data = dataFor(manifest, options);
    studies.push(await studyDense({ manifest, zoo, data, samples }));
    progress.update(studies.length);
  }
  progress.stop();
  const linear = manifests[0] && (await linearTable(options, manifests[0]));
  const { sections } = densePage({ studies, linear }, path.basename(options.data));
  process.stdout.write(`${renderTextSections(sections)}\n`);
  return { studies, linear };
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
    onProgress: progress.update,
  };
  const { linear } = fitBaselines(fitting);
  progress.stop();
  const source = await openData(dataFor(manifest, options));
  return measureFloatTable(
    linear,
    linkSamples(source, 0, Math.min(options.samples ?? source.numSamples, source.numSamples)),
  );
}
