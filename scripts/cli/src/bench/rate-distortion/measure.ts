import path from 'node:path';
import type { ScaleSpec } from '@edge-csi/csi';
import type { CsiSource } from '@edge-csi/csi/files';
import {
  type Baselines,
  type FloatRow,
  fitBaselines,
  type LinkSample,
  linkSamples,
  measureFloatTable,
  openNetworkScheme,
  type RatePoint,
  type Scheme,
  type SweepSamples,
  sweep,
} from '@edge-csi/lab';
import { type DataFlags, type DataOptions, dataFor, openData, sha256Of } from '@edge-csi/lab/data';
import { UsageError } from '@edge-csi/lab/usage-error';
import type { Manifest } from '@edge-csi/models';
import { eachUntilInterrupted, unlessInterrupted } from '../../interruption.ts';
import { requireOneShape } from '../../model-choice.ts';
import { startProgress } from '../../progress.ts';
import { requireApart } from '../require-apart.ts';

export interface RateDistortionOptions {
  readonly manifests: readonly Manifest[];
  readonly zoo: string;
  readonly data: DataFlags;
  /** Samples of `data`, and of `select`, at most, spread over each. */
  readonly samples: number | undefined;
  /** File that settings are chosen on; `data` itself where absent. */
  readonly select: string | undefined;
  /** File that the classical schemes are fitted on; none are drawn where absent. */
  readonly baselinesFrom: string | undefined;
  /** Samples of `baselinesFrom`, at most. */
  readonly fitSamples: number;
  /** Ends the run after the scheme under way, which is left out. */
  readonly signal: AbortSignal;
}

/** A file that took part in a measurement. */
interface UsedFile {
  readonly data: string;
  readonly dataSha256: string;
  readonly samples: number;
}

export interface RateDistortionResult {
  readonly samples: number;
  readonly select?: UsedFile;
  readonly baselines?: UsedFile;
  readonly curve: readonly RatePoint[];
  /** Float codewords of the linear schemes. */
  readonly floatTable?: readonly FloatRow[];
}

/**
 * Measures networks, and classical schemes where there is a file to fit them on, as whole reports on the same samples.
 *
 * @throws UsageError where a file would serve two of fitting, choosing and measuring, or cannot serve its own purpose.
 */
export async function runRateDistortion(options: RateDistortionOptions): Promise<RateDistortionResult> {
  const { manifests, select: selectPath, baselinesFrom, signal } = options;
  await requireApart({ '--data': options.data.data, '--select': selectPath, '--baselines-from': baselinesFrom });
  const [first] = manifests;
  if (first === undefined) throw new UsageError('there is no model to take the shape of the CSI from');
  requireOneShape(manifests);
  const measure = await readSamples(dataFor(first, options.data), options.samples);
  const select =
    selectPath === undefined
      ? measure
      : await readSamples(dataFor(first, { data: selectPath }), options.samples, '--select');
  const samples: SweepSamples = { measure, select };

  const curve: RatePoint[] = [];
  const draw = async (scheme: Scheme): Promise<void> => {
    const progress = startProgress(scheme.name, scheme.settings.length);
    curve.push(...(await sweep(scheme, samples, progress.update, signal).finally(progress.stop)));
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
  await eachUntilInterrupted(manifests, signal, async (manifest) => {
    const scheme = await openNetworkScheme(manifest, options.zoo);
    await draw(scheme).finally(() => scheme.close());
  });
  const chosen = selectPath === undefined ? {} : { select: await usedFile(selectPath, select.length) };
  return { samples: measure.length, ...chosen, ...fitted, curve };
}

function fitWithProgress(source: CsiSource, limit: number, scale: ScaleSpec, signal: AbortSignal): Promise<Baselines> {
  const progress = startProgress('fit of the baselines', Math.min(limit, source.numSamples));
  return fitBaselines({ source, limit, scale, signal, onProgress: progress.update }).finally(progress.stop);
}

async function readSamples(data: DataOptions, limit: number | undefined, option?: string): Promise<LinkSample[]> {
  const source = option === undefined ? await openData(data) : await bothBands(data, option);
  const count = Math.min(limit ?? source.numSamples, source.numSamples);
  // Spread over the file, whose neighbours may be neighbours in space, so that both files are sampled alike.
  return Array.from({ length: count }, (_, i) => Math.floor((i * source.numSamples) / count)).flatMap((index) =>
    linkSamples(source, index, index + 1),
  );
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
