import path from 'node:path';
import { type CommandUnknownOpts, Option } from '@commander-js/extra-typings';
import type { ScaleSpec } from '@edge-csi/csi';
import type { CsiSource } from '@edge-csi/csi/files';
import {
  type Baselines,
  createEType2Scheme,
  etype2Antennas,
  fitBaselines,
  type LinkSample,
  measureFloatTable,
  openNetworkScheme,
  pathSchemes,
  pathSpecOf,
  type RatePoint,
  type Scheme,
  type SweepSamples,
  sweep,
} from '@edge-csi/lab';
import {
  type DataOptions,
  dataFor,
  linkSamples,
  openData,
  sampleCount,
  sampleData,
  sha256Of,
  spreadIndices,
} from '@edge-csi/lab/data';
import { UsageError } from '@edge-csi/lab/usage-error';
import { eachUntilInterrupted, unlessInterrupted } from '../../interruption.ts';
import type { OptionsOf } from '../../options/command.ts';
import { requireApart, withData } from '../../options/data.ts';
import { modelsById, prunedModelsOfOneShape, requireOneShape } from '../../options/models.ts';
import { integer } from '../../options/parse.ts';
import { withProgress } from '../../progress.ts';
import { fitSamplesOption, runSuite, suite } from '../suite.ts';
import { type RateDistortionResult, rateDistortionJson, rateDistortionPage, type UsedFile } from './page.ts';

function declare(bench: CommandUnknownOpts) {
  return withData(sampleData)(suite(bench, 'rate-distortion', 'the pruned ones of one shape'))
    .description(
      'NMSE and SGCS against all bits of a report: path reports, networks over their run-time knobs, eType II, classical schemes.',
    )
    .addOption(new Option('--family <name>', 'path reports alone, without a network').choices(['paths'] as const))
    .option('--samples <n>', 'samples of --data, and of --select, spread over each; default all', integer(1, 1e7))
    .option('--select <file>', 'choose operating points on this file; default --data')
    .option('--baselines-from <file>', 'fit classical schemes on this file, with both bands, and add them')
    .option(...fitSamplesOption)
    .addHelpText(
      'after',
      `
Examples:
  edge-csi bench rate-distortion --models dualnet-mag-m43 --samples 200
  edge-csi bench rate-distortion --data munich.npz --family paths --samples 400
  edge-csi bench rate-distortion --data test.npz --baselines-from train.npz --select val.npz --report curve.html`,
    );
}

/** `bench rate-distortion`: networks and classical schemes at every size of a report. */
export const addRateDistortion = (bench: CommandUnknownOpts) =>
  declare(bench).action((options) => runSuite('rate-distortion', options, measure, rateDistortionPage));

type Options = Pick<
  OptionsOf<typeof declare>,
  'models' | 'zoo' | 'seed' | 'data' | 'samples' | 'select' | 'baselinesFrom' | 'fitSamples' | 'family'
>;

async function measure(options: Options, signal: AbortSignal) {
  return rateDistortionJson(await measureRateDistortion(options, signal));
}

/**
 * Measures networks, and classical schemes where there is a file to fit them on, as whole reports on the same samples.
 *
 * @param signal - ends the run after the scheme under way, which is left out
 * @throws UsageError where a file would serve two of fitting, choosing and measuring, or cannot serve its own purpose.
 */
export async function measureRateDistortion(options: Options, signal: AbortSignal): Promise<RateDistortionResult> {
  const { zoo, seed, select: selectPath, baselinesFrom } = options;
  const manifests = await modelsById(options.models, zoo, prunedModelsOfOneShape);
  await requireApart({ '--data': options.data, '--select': selectPath, '--baselines-from': baselinesFrom });
  const [first] = manifests;
  if (first === undefined) throw new UsageError('there is no model to take the shape of the CSI from');
  requireOneShape(manifests);
  const measure = await readSamples(dataFor(first, options), options.samples);
  const select =
    selectPath === undefined
      ? measure
      : await readSamples(dataFor(first, { data: selectPath }), options.samples, '--select');
  const { numAntennas, numSubcarriers } = first.csi;
  const samples: SweepSamples = { measure, select, numSubcarriers, seed };

  const curve: RatePoint[] = [];
  const draw = async (scheme: Scheme): Promise<void> => {
    const points = await withProgress(scheme.name, scheme.settings.length, (onProgress) =>
      sweep(scheme, samples, onProgress, signal),
    );
    curve.push(...points);
  };
  let fitted: Pick<RateDistortionResult, 'baselines' | 'floatTable'> = {};
  if (baselinesFrom !== undefined) {
    const source = await bothBands(dataFor(first, { data: baselinesFrom }), '--baselines-from');
    if (first.normalization.kind !== 'spherical') {
      throw new UsageError(`the baselines send a norm, ${first.id} does not; name spherical models with --models`);
    }
    const { scale } = first.normalization;
    const baselines = await unlessInterrupted(signal, () => fitWithProgress(source, options.fitSamples, scale, signal));
    await eachUntilInterrupted(baselines?.schemes ?? [], signal, draw);
    if (baselines !== undefined) {
      fitted = {
        baselines: await usedFile(baselinesFrom, baselines.samples),
        floatTable: measureFloatTable(baselines.linear, measure),
      };
    }
  }
  const codebook =
    options.family === undefined && numAntennas === etype2Antennas ? [createEType2Scheme(numSubcarriers)] : [];
  await eachUntilInterrupted([...pathSchemes(pathSpecOf(first.csi)), ...codebook], signal, draw);
  await eachUntilInterrupted(options.family === 'paths' ? [] : manifests, signal, async (manifest) => {
    const scheme = await openNetworkScheme(manifest, zoo);
    await draw(scheme).finally(() => scheme.close());
  });
  const chosen = selectPath === undefined ? {} : { select: await usedFile(selectPath, select.length) };
  return { samples: measure.length, ...chosen, ...fitted, curve };
}

function fitWithProgress(source: CsiSource, limit: number, scale: ScaleSpec, signal: AbortSignal): Promise<Baselines> {
  return withProgress('fit of the baselines', sampleCount(source, limit), (onProgress) =>
    fitBaselines({ source, limit, scale, signal, onProgress }),
  );
}

async function readSamples(data: DataOptions, limit: number | undefined, option?: string): Promise<LinkSample[]> {
  const source = option === undefined ? await openData(data) : await bothBands(data, option);
  // Spread over the file, whose neighbours may be neighbours in space, so that both files are sampled alike.
  return spreadIndices(source, limit ?? source.numSamples).flatMap((index) => linkSamples(source, index, index + 1));
}

/** Opens data that has to bring its own uplink, as `--uplink` belongs to `--data`. */
async function bothBands(data: DataOptions, option: string): Promise<CsiSource> {
  const source = await openData(data);
  if (source.uplink(0) === undefined) {
    throw new UsageError(
      `${option} is ${source.name}, which has no uplink; give a path list, .npz or .mat with both bands`,
    );
  }
  return source;
}

async function usedFile(file: string, samples: number): Promise<UsedFile> {
  return { data: path.basename(file), dataSha256: await sha256Of(file), samples };
}
