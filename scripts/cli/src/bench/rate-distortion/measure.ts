import path from 'node:path';
import { type CommandUnknownOpts, Option } from '@commander-js/extra-typings';
import { createRandom, type ScaleSpec, withEstimationNoise } from '@edge-csi/csi';
import type { CsiSource } from '@edge-csi/csi/files';
import {
  type Baselines,
  createEType2Scheme,
  etype2Antennas,
  fitBaselines,
  knownPathScheme,
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
  flagsFor,
  hasUplink,
  linkSamples,
  requireUplink,
  sampleCount,
  sampleData,
  sha256Of,
  spreadIndices,
} from '@edge-csi/lab/data';
import { UsageError } from '@edge-csi/lab/usage-error';
import { isPathModel, pathsSpecOf, type ReportManifest, type ReportNetworks } from '@edge-csi/models';
import { eachUntilInterrupted, unlessInterrupted } from '../../interruption.ts';
import type { OptionsOf } from '../../options/command.ts';
import { createDataReader, type DataReader, requireApart, withData } from '../../options/data.ts';
import { type FittingModels, fittingNetworks } from '../../options/fitting-models.ts';
import { reportModelsById, requireOneShape } from '../../options/models.ts';
import { finite, integer } from '../../options/parse.ts';
import { pathManifestFor } from '../../options/path-model.ts';
import { withProgress } from '../../progress.ts';
import { fitSamplesOption, runSuite, suite } from '../suite.ts';
import { type RateDistortionResult, rateDistortionJson, rateDistortionPage, type UsedFile } from './page.ts';

function declare(bench: CommandUnknownOpts) {
  return withData(sampleData)(suite(bench, 'rate-distortion', 'the pruned ones of one shape, and those of complex CSI'))
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
    .option('--uplink-snr-db <dB>', 'estimation noise on the uplink CSI the BS gets', finite(-50, 200))
    .addHelpText(
      'after',
      `
Examples:
  edge-csi bench rate-distortion --models dualnet-mag-m43 --samples 200
  edge-csi bench rate-distortion --data munich.npz --family paths --samples 400
  edge-csi bench rate-distortion --models paths-indoor --antenna-errors 3,0.3
  edge-csi bench rate-distortion --models paths-indoor --uplink-snr-db 20 --samples 120
  edge-csi bench rate-distortion --data test.npz --baselines-from train.npz --select val.npz --report curve.html`,
    );
}

/** `bench rate-distortion`: networks and classical schemes at every size of a report. */
export const addRateDistortion = (bench: CommandUnknownOpts) =>
  declare(bench).action((options) => runSuite('rate-distortion', options, measure, rateDistortionPage));

type Options = DataFlags &
  Pick<
    OptionsOf<typeof declare>,
    'models' | 'zoo' | 'seed' | 'samples' | 'select' | 'baselinesFrom' | 'fitSamples' | 'family' | 'uplinkSnrDb'
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
  await requireApart({ '--data': options.data, '--select': selectPath, '--baselines-from': baselinesFrom });
  const reader = createDataReader(options);
  const { chosen: manifests, skipped } = await chooseModels(options, reader);
  const [first] = manifests;
  if (first === undefined) throw new UsageError('there is no model to take the shape of the CSI from');
  requireOneShape(manifests);
  const networks = manifests.filter((manifest) => !isPathModel(manifest)) as ReportNetworks[];
  const [model, ...models] = manifests.filter((manifest) => isPathModel(manifest));
  if (models.length > 0) throw new UsageError('--models names several models of path reports; give one of them');

  const { numAntennas, numSubcarriers } = first.csi;
  const source = await reader.open(first);
  const measured = spreadSamples(source, options);
  const select =
    selectPath === undefined
      ? measured
      : spreadSamples(await reader.open(first, flagsFor(selectPath, options)), options);
  const samples: SweepSamples = { measure: measured, select, numSubcarriers, seed };

  const curve: RatePoint[] = [];
  const draw = async (scheme: Scheme): Promise<void> => {
    const points = await withProgress(scheme.name, scheme.settings.length, (onProgress) =>
      sweep(scheme, samples, onProgress, signal),
    );
    curve.push(...points);
  };
  let fitted: Pick<RateDistortionResult, 'baselines' | 'floatTable'> = {};
  if (baselinesFrom !== undefined) {
    const training = await reader.open(first, flagsFor(baselinesFrom, options));
    requireUplink(training, '--baselines-from is for schemes that use it');
    if (isPathModel(first) || first.normalization.kind !== 'spherical') {
      throw new UsageError(`the baselines send a norm, ${first.id} does not; name spherical models with --models`);
    }
    const { scale } = first.normalization;
    const baselines = await unlessInterrupted(signal, () =>
      fitWithProgress(training, options.fitSamples, scale, signal),
    );
    // Without an uplink, what regresses on it is of no use.
    const schemes = baselines?.schemes.filter(({ name }) => hasUplink(source) || name !== 'linear-rrr') ?? [];
    await eachUntilInterrupted(schemes, signal, draw);
    if (baselines !== undefined) {
      fitted = {
        baselines: await usedFile(baselinesFrom, baselines.samples),
        ...(hasUplink(source) && { floatTable: measureFloatTable(baselines.linear, measured) }),
      };
    }
  }
  const spec = model === undefined ? pathSpecOf(first.csi) : pathsSpecOf(model).codec;
  // Of a planar array or one whose antennas are not alike, it is another codebook.
  const codebook = networks.length > 0 && numAntennas === etype2Antennas ? [createEType2Scheme(numSubcarriers)] : [];
  const { downlinkCarrierHz, uplinkCarrierHz } = first.csi;
  const known = hasUplink(source) ? [knownPathScheme(spec, downlinkCarrierHz / uplinkCarrierHz)] : [];
  await eachUntilInterrupted([...pathSchemes(spec), ...known, ...codebook], signal, draw);
  await eachUntilInterrupted(networks, signal, async (manifest) => {
    const scheme = await openNetworkScheme(manifest, zoo);
    await draw(scheme).finally(() => scheme.close());
  });
  const chosen = selectPath === undefined ? {} : { select: await usedFile(selectPath, samples.select.length) };
  return {
    samples: measured.length,
    ...(options.uplinkSnrDb !== undefined && hasUplink(source) && { uplinkSnrDb: options.uplinkSnrDb }),
    ...chosen,
    ...fitted,
    ...(networks.length > 0 && !hasUplink(source) && ({ quality: 'no-uplink' } as const)),
    ...(skipped.length > 0 && { skipped }),
    curve,
  };
}

/** Models asked for; else the networks of one shape that the data fit, those of magnitudes where they are pruned; where there are none, path reports of a model made for the data. */
async function chooseModels(options: Options, reader: DataReader): Promise<FittingModels<ReportManifest>> {
  const { models, family, zoo } = options;
  if (family !== undefined && models !== undefined) {
    throw new UsageError('--family chooses models, and so does --models; give one of them');
  }
  if (models !== undefined) return { chosen: await reportModelsById(models, zoo), skipped: [] };
  const { chosen, skipped } = family === undefined ? await fittingNetworks(zoo, reader) : { chosen: [], skipped: [] };
  return { chosen: chosen.length > 0 ? chosen : [await pathManifestFor(options, 64)], skipped };
}

function fitWithProgress(source: CsiSource, limit: number, scale: ScaleSpec, signal: AbortSignal): Promise<Baselines> {
  return withProgress('fit of the baselines', sampleCount(source, limit), (onProgress) =>
    fitBaselines({ source, limit, scale, signal, onProgress }),
  );
}

/** Samples spread over a file, whose neighbours may be neighbours in space, so that all files are sampled alike. */
function spreadSamples(
  source: CsiSource,
  { samples: limit, uplinkSnrDb, seed }: Pick<Options, 'samples' | 'uplinkSnrDb' | 'seed'>,
): LinkSample[] {
  const samples = spreadIndices(source, limit ?? source.numSamples).flatMap((index) =>
    linkSamples(source, index, index + 1),
  );
  if (uplinkSnrDb === undefined) return samples;
  const random = createRandom(seed);
  return samples.map(({ uplink, ...sample }) => ({
    ...sample,
    uplink: uplink && withEstimationNoise(uplink, uplinkSnrDb, random),
  }));
}

async function usedFile(file: string, samples: number): Promise<UsedFile> {
  return { data: path.basename(file), dataSha256: await sha256Of(file), samples };
}
