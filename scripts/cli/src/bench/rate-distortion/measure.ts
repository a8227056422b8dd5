import path from 'node:path';
import { type CommandUnknownOpts, Option } from '@commander-js/extra-typings';
import type { ScaleSpec } from '@edge-csi/csi';
import type { CsiSource } from '@edge-csi/csi/files';
import {
  type Baselines,
  createEType2Scheme,
  type DownlinkSample,
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
  type DataFlags,
  type DataOptions,
  dataFor,
  linkSamples,
  openData,
  sampleCount,
  sampleData,
  sha256Of,
  spreadIndices,
  usableSample,
} from '@edge-csi/lab/data';
import { UsageError } from '@edge-csi/lab/usage-error';
import { isPathModel, type Manifest, pathsSpecOf, type ReportManifest } from '@edge-csi/models';
import { eachUntilInterrupted, unlessInterrupted } from '../../interruption.ts';
import type { OptionsOf } from '../../options/command.ts';
import { requireApart, withData } from '../../options/data.ts';
import { prunedModelsOfOneShape, reportModelsById, requireOneShape } from '../../options/models.ts';
import { integer } from '../../options/parse.ts';
import { pathManifestFor } from '../../options/path-model.ts';
import { withProgress } from '../../progress.ts';
import { fitSamplesOption, runSuite, suite } from '../suite.ts';
import { type RateDistortionResult, rateDistortionJson, rateDistortionPage, type UsedFile } from './page.ts';

function declare(bench: CommandUnknownOpts) {
  return withData(sampleData)(suite(bench, 'rate-distortion', 'the pruned ones of one shape'))
    .description(
      'NMSE and SGCS against all bits of a report: path reports, networks over their run-time knobs, eType II, classical schemes.',
    )
    .addOption(
      new Option(
        '--family <name>',
        'path reports alone, of a model that is made for --data, of whatever array',
      ).choices(['paths'] as const),
    )
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
  edge-csi bench rate-distortion --models paths-indoor --antenna-errors 3,0.3
  edge-csi bench rate-distortion --data test.npz --baselines-from train.npz --select val.npz --report curve.html`,
    );
}

/** `bench rate-distortion`: networks and classical schemes at every size of a report. */
export const addRateDistortion = (bench: CommandUnknownOpts) =>
  declare(bench).action((options) => runSuite('rate-distortion', options, measure, rateDistortionPage));

type Options = DataFlags &
  Pick<
    OptionsOf<typeof declare>,
    'models' | 'zoo' | 'seed' | 'samples' | 'select' | 'baselinesFrom' | 'fitSamples' | 'family'
  >;

async function measure(options: Options, signal: AbortSignal) {
  return rateDistortionJson(await measureRateDistortion(options, signal));
}

/**
 * Measures path reports and networks, and classical schemes where there is a file to fit them on, as whole reports on the same samples.
 *
 * @param signal - ends the run after the scheme under way, which is left out
 * @throws UsageError where a file would serve two of fitting, choosing and measuring, or cannot serve its own purpose.
 */
export async function measureRateDistortion(options: Options, signal: AbortSignal): Promise<RateDistortionResult> {
  const { zoo, seed, select: selectPath, baselinesFrom } = options;
  const manifests = await manifestsOf(options);
  await requireApart({ '--data': options.data, '--select': selectPath, '--baselines-from': baselinesFrom });
  const [first] = manifests;
  if (first === undefined) throw new UsageError('there is no model to take the shape of the CSI from');
  requireOneShape(manifests);
  const networks = manifests.filter((manifest) => !isPathModel(manifest)) as Manifest[];
  const [model, ...models] = manifests.filter((manifest) => isPathModel(manifest));
  if (models.length > 0) throw new UsageError('--models names several models of path reports; give one of them');

  const { numAntennas, numSubcarriers } = first.csi;
  const readAll = async <Sample extends DownlinkSample>(read: ReadSample<Sample>): Promise<SweepSamples<Sample>> => {
    const measured = spreadSamples(await openData(dataFor(first, options)), options.samples, read);
    if (selectPath === undefined) return { measure: measured, select: measured, numSubcarriers, seed };
    const { array, antennaErrors } = options;
    const flags = { data: selectPath, ...(array && { array }), ...(antennaErrors && { antennaErrors }) };
    const selecting =
      networks.length === 0 ? openData(dataFor(first, flags)) : bothBands(dataFor(first, flags), '--select');
    return { measure: measured, select: spreadSamples(await selecting, options.samples, read), numSubcarriers, seed };
  };
  // Path reports need no uplink.
  const both = networks.length > 0 || baselinesFrom !== undefined ? await readAll(bothBandsOf) : undefined;
  const samples: SweepSamples<DownlinkSample> = both ?? (await readAll(downlinkOf));

  const curve: RatePoint[] = [];
  const draw = async <Sample extends DownlinkSample>(
    scheme: Scheme<Sample>,
    on: SweepSamples<Sample>,
  ): Promise<void> => {
    const points = await withProgress(scheme.name, scheme.settings.length, (onProgress) =>
      sweep(scheme, on, onProgress, signal),
    );
    curve.push(...points);
  };
  let fitted: Pick<RateDistortionResult, 'baselines' | 'floatTable'> = {};
  if (baselinesFrom !== undefined && both !== undefined) {
    const source = await bothBands(dataFor(first, { data: baselinesFrom }), '--baselines-from');
    if (isPathModel(first) || first.normalization.kind !== 'spherical') {
      throw new UsageError(`the baselines send a norm, ${first.id} does not; name spherical models with --models`);
    }
    const { scale } = first.normalization;
    const baselines = await unlessInterrupted(signal, () => fitWithProgress(source, options.fitSamples, scale, signal));
    await eachUntilInterrupted(baselines?.schemes ?? [], signal, (scheme) => draw(scheme, both));
    if (baselines !== undefined) {
      fitted = {
        baselines: await usedFile(baselinesFrom, baselines.samples),
        floatTable: measureFloatTable(baselines.linear, both.measure),
      };
    }
  }
  const spec = model === undefined ? pathSpecOf(first.csi) : pathsSpecOf(model).codec;
  // Of a planar array or one whose antennas are not alike, it is another codebook.
  const codebook = networks.length > 0 && numAntennas === etype2Antennas ? [createEType2Scheme(numSubcarriers)] : [];
  await eachUntilInterrupted([...pathSchemes(spec), ...codebook], signal, (scheme) => draw(scheme, samples));
  await eachUntilInterrupted(networks, signal, async (manifest) => {
    const scheme = await openNetworkScheme(manifest, zoo);
    await draw(scheme, both as SweepSamples).finally(() => scheme.close());
  });
  const chosen = selectPath === undefined ? {} : { select: await usedFile(selectPath, samples.select.length) };
  return { samples: samples.measure.length, ...chosen, ...fitted, curve };
}

/** The models to measure: of path reports alone, where none is named, one that is made for the data. */
async function manifestsOf(options: Options): Promise<readonly ReportManifest[]> {
  if (options.family === undefined) return reportModelsById(options.models, options.zoo, prunedModelsOfOneShape);
  if (options.models !== undefined) {
    throw new UsageError('--family chooses models, and so does --models; give one of them');
  }
  return [await pathManifestFor(options, 64)];
}

function fitWithProgress(source: CsiSource, limit: number, scale: ScaleSpec, signal: AbortSignal): Promise<Baselines> {
  return withProgress('fit of the baselines', sampleCount(source, limit), (onProgress) =>
    fitBaselines({ source, limit, scale, signal, onProgress }),
  );
}

/** One sample of a source. */
type ReadSample<Sample> = (source: CsiSource, index: number) => Sample;

const bothBandsOf: ReadSample<LinkSample> = (source, index) => linkSamples(source, index, index + 1)[0] as LinkSample;
const downlinkOf: ReadSample<DownlinkSample> = (source, index) => ({
  downlink: usableSample(source, 'downlink', index),
});

/** Samples spread over a file, whose neighbours may be neighbours in space, so that all files are sampled alike. */
function spreadSamples<Sample>(source: CsiSource, limit: number | undefined, read: ReadSample<Sample>): Sample[] {
  return spreadIndices(source, limit ?? source.numSamples).map((index) => read(source, index));
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
