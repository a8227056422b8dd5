import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { type DenseStudy, type FloatRow, fitBaselines, measureFloatTable, studyDense } from '@edge-csi/lab';
import { flagsFor, linkSamples, requireUplink, sampleCount, sampleData } from '@edge-csi/lab/data';
import { type Metric, nmseMetric } from '@edge-csi/lab/metrics';
import { UsageError } from '@edge-csi/lab/usage-error';
import type { Manifest } from '@edge-csi/models';
import { unlessInterrupted } from '../../interruption.ts';
import type { OptionsOf } from '../../options/command.ts';
import { createDataReader, type DataReader, withData } from '../../options/data.ts';
import { modelsOfOneCurve } from '../../options/fitting-models.ts';
import { integer } from '../../options/parse.ts';
import { withProgress } from '../../progress.ts';
import { eachModel, fitSamplesOption, runSuite, suite } from '../suite.ts';
import { type DenseResult, densePage } from './page.ts';

function declare(bench: CommandUnknownOpts) {
  return withData(sampleData)(suite(bench, 'dense', 'the pruned ones of one shape'))
    .description("NMSE against codeword length, rank and bits per weight of the encoder's Dense layer.")
    .option('--samples <n>', 'samples, the first of the data; default all', integer(1, 1e7))
    .option('--baselines-from <file>', 'fit linear schemes on this file, with both bands, and add them')
    .option(...fitSamplesOption)
    .addHelpText(
      'after',
      `
Examples:
  edge-csi bench dense --models dualnet-mag-m16,dualnet-mag-m43 --samples 200
  edge-csi bench dense --data test.npz --baselines-from train.npz --markdown dense.md --svg figures`,
    );
}

type Options = OptionsOf<typeof declare>;

/** `bench dense`: NMSE against codeword length, rank and bits per weight of the encoder's Dense layer. */
export const addDense = (bench: CommandUnknownOpts) =>
  declare(bench).action((options) => runSuite('dense', options, measure, densePage));

async function measure(
  options: Options,
  signal: AbortSignal,
): Promise<DenseResult & { readonly metrics: readonly Metric[] }> {
  const { zoo, samples } = options;
  const reader = createDataReader(options);
  const { chosen, skipped } = await modelsOfOneCurve(options, reader);
  const manifests = chosen.toSorted((a, b) => a.codeword.length - b.codeword.length);
  const other = manifests.find((m) => !m.pruned || m.planes === 'absolute-parts');
  if (other !== undefined) {
    throw new UsageError(
      `${other.id} has more than a Dense layer on |H|; name pruned DualNet-MAG models with --models`,
    );
  }
  await reader.check(manifests, samples);
  const studies = await eachModel(manifests, signal, async (manifest) =>
    studyDense({ manifest, zoo, source: await reader.open(manifest), samples, signal }),
  );
  const [first] = manifests;
  const linear = first && (await unlessInterrupted(signal, () => linearTable(options, reader, first, signal)));
  return { studies, linear, ...(skipped.length > 0 && { skipped }), metrics: denseMetrics(studies) };
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

async function linearTable(
  options: Options,
  reader: DataReader,
  manifest: Manifest,
  signal: AbortSignal,
): Promise<FloatRow[] | undefined> {
  const { baselinesFrom, fitSamples: limit, samples } = options;
  const { normalization } = manifest;
  if (baselinesFrom === undefined || normalization.kind !== 'spherical') return undefined;
  const training = await reader.open(manifest, flagsFor(baselinesFrom, options));
  requireUplink(training, 'the regression is on it');
  const { scale } = normalization;
  const { linear } = await withProgress('linear', sampleCount(training, limit), (onProgress) =>
    fitBaselines({ source: training, limit, scale, signal, onProgress }),
  );
  const source = await reader.open(manifest);
  return measureFloatTable(linear, linkSamples(source, 0, sampleCount(source, samples)));
}
