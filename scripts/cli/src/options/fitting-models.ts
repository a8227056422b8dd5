import { CsiError } from '@edge-csi/csi';
import { hasUplink } from '@edge-csi/lab/data';
import { UsageError } from '@edge-csi/lab/usage-error';
import {
  type AnyManifest,
  isComplexModel,
  isUplinkOnly,
  type Manifest,
  type ReportManifest,
  type ReportNetworks,
} from '@edge-csi/models';
import { listModels, listReportModels } from '@edge-csi/models/disk';
import type { DataReader } from './data.ts';
import { modelsById, ofOneShape, reportModelsById } from './models.ts';

/** A model that nobody named and that data do not fit, and why. */
export interface SkippedModel {
  readonly model: string;
  readonly why: string;
}

/** Models that nobody named, told apart by the data. */
export interface FittingModels<M> {
  /** Those that the data fit, of one link. */
  readonly chosen: readonly M[];
  readonly skipped: readonly SkippedModel[];
  /** What is wrong with the data for the first of them, where none fits. */
  readonly misfit?: CsiError;
}

/**
 * Tells the models that data fit, in their order: those of the data's shape and of the link of the first of these. A file says nothing of
 * its bands.
 */
export async function fittingModels<M extends AnyManifest>(
  candidates: readonly M[],
  reader: DataReader,
): Promise<FittingModels<M>> {
  const chosen: M[] = [];
  const skipped: SkippedModel[] = [];
  let misfit: CsiError | undefined;
  for (const manifest of candidates) {
    const { id, csi } = manifest;
    const [first = manifest] = chosen;
    const [down, up] = [csi.downlinkCarrierHz, csi.uplinkCarrierHz];
    if (down !== first.csi.downlinkCarrierHz || up !== first.csi.uplinkCarrierHz) {
      skipped.push({ model: id, why: `for ${down / 1e9} / ${up / 1e9} GHz` });
      continue;
    }
    try {
      const source = await reader.open(manifest);
      if (isUplinkOnly(manifest) && !hasUplink(source)) skipped.push({ model: id, why: 'needs an uplink' });
      else chosen.push(manifest);
    } catch (error) {
      if (!(error instanceof CsiError) || error.code !== 'file-format') throw error;
      misfit ??= error;
      skipped.push({ model: id, why: `for ${csi.numAntennas} x ${csi.numDelays}` });
    }
  }
  return { chosen, skipped, ...(chosen.length === 0 && misfit && { misfit }) };
}

/**
 * Models of one rate-distortion curve: those named, else the pruned ones of one shape that data fit.
 *
 * @throws CsiError where data fit none.
 */
export async function modelsOfOneCurve(
  { models, zoo }: { readonly models?: readonly string[] | undefined; readonly zoo: string },
  reader: DataReader,
): Promise<FittingModels<Manifest>> {
  if (models !== undefined) return { chosen: await modelsById(models, zoo), skipped: [] };
  const { chosen, skipped } = requireFitting(await fittingPruned(zoo, reader));
  return { chosen: ofOneShape(chosen), skipped };
}

/**
 * Models whose speed is measured: those named, else the pruned ones that data fit, strongest compression last.
 *
 * @throws CsiError where data fit none.
 */
export async function modelsToTime(
  { models, zoo }: { readonly models?: readonly string[] | undefined; readonly zoo: string },
  reader: DataReader,
): Promise<FittingModels<ReportManifest>> {
  if (models !== undefined) return { chosen: await reportModelsById(models, zoo), skipped: [] };
  const pruned = await fittingPruned(zoo, reader);
  const { chosen, skipped } = requireFitting<ReportNetworks>(
    pruned.chosen.length > 0 ? pruned : await fittingNetworks(zoo, reader),
  );
  return { chosen: chosen.toSorted((a, b) => a.reduction - b.reduction), skipped };
}

/** The pruned models that data fit. */
async function fittingPruned(zoo: string, reader: DataReader): Promise<FittingModels<Manifest>> {
  const pruned = (await listModels(zoo)).filter((manifest) => manifest.pruned);
  return fittingModels(pruned, reader);
}

/** The networks of one shape that data fit: the pruned ones, in a zoo without any all, that see CSI as the first of them does, and those of complex CSI. */
export async function fittingNetworks(zoo: string, reader: DataReader): Promise<FittingModels<ReportNetworks>> {
  const complex = (await listReportModels(zoo)).filter((manifest) => isComplexModel(manifest));
  const all = await listModels(zoo);
  const pruned = all.filter((manifest) => manifest.pruned);
  const candidates = [...(pruned.length > 0 ? pruned : all), ...complex];
  const { chosen, ...others } = await fittingModels<ReportNetworks>(candidates, reader);
  const shown = ofOneShape(chosen.filter((manifest) => !isComplexModel(manifest)));
  const [first] = [...shown, ...chosen];
  const alike = chosen.filter((manifest) => isComplexModel(manifest) && hasShapeOf(manifest, first));
  return { chosen: [...shown, ...alike], ...others };
}

function hasShapeOf({ csi }: ReportNetworks, other: ReportNetworks | undefined): boolean {
  return JSON.stringify(csi) === JSON.stringify(other?.csi);
}

/** The models that data fit. @throws CsiError where none does, with the way to models that do; UsageError where there are none. */
export function requireFitting<M extends AnyManifest>({ chosen, skipped, misfit }: FittingModels<M>): FittingModels<M> {
  if (chosen.length === 0 && misfit === undefined)
    throw new UsageError('no model to take; give --zoo a folder that holds some');
  if (misfit === undefined) return { chosen, skipped };
  throw new CsiError(
    misfit.code,
    `${misfit.message}; if the matrices are of another array, make a model of path reports for them: edge-csi models paths --data FILE --out DIR`,
    { cause: misfit },
  );
}

/** One line on skipped models, grouped by reason; empty where there are none. */
export function describeSkipped(skipped: readonly SkippedModel[]): string {
  const byReason = new Map<string, string[]>();
  for (const { model, why } of skipped) byReason.set(why, [...(byReason.get(why) ?? []), model]);
  const groups = Array.from(byReason, ([why, models]) => `${models.join(', ')} (${why})`);
  return groups.length === 0 ? '' : `Skipped: ${groups.join('; ')}.`;
}
