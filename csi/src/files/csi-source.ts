import { basename } from 'node:path';
import type { AngularDelayCsi } from '../csi.ts';
import { CsiError } from '../errors.ts';
import type { ArrayShape } from '../transform/array.ts';
import { type Band, bandPaths, type PathList, type Timing } from '../transform/path-list.ts';
import { createSynthesizer } from '../transform/synthesis.ts';
import { type ChoiceOptions, chooseDownlink, choosePartner, chooseUplink } from './csi-choice.ts';
import { type CsiDomain, type CsiLayout, type CsiSamples, createCsiLayout } from './csi-layout.ts';
import { type DataFile, openDataFile } from './data-file.ts';
import { requireDelaysLast } from './delay-axis.ts';
import { type GainOptions, scaleBands } from './gain.ts';
import { readColumns, type SampleColumns } from './sample-columns.ts';
import { describeVariable, type Variable } from './variable.ts';

/** CSI samples of one data file, both bands where the file or a second one has the uplink. */
export interface CsiSource {
  /** File name without its folder. */
  readonly name: string;
  readonly numSamples: number;
  /** What each band was taken from, for people; no `uplink` where the source has none. */
  readonly description: { readonly downlink: string; readonly uplink?: string };
  /** What was found out from the values rather than told, and what was left aside, a sentence each, for people. */
  readonly notes: readonly string[];
  /** What the file says of each sample beside its CSI. */
  readonly columns: SampleColumns;
  /** @throws RangeError where the index is out of range. */
  downlink(index: number): AngularDelayCsi;
  /** `undefined` where the source has no uplink. */
  uplink(index: number): AngularDelayCsi | undefined;
  /**
   * Which environment a sample was taken in, where the file tells: samples of one share their scatterers, and are no
   * independent draws.
   */
  environment?(index: number): number;
  /** Distance between UE and BS, where the file tells. */
  distanceM?(index: number): number;
}

/** The matrices wanted and the link they belong to; the bands matter for path lists only. */
export interface CsiSourceOptions extends ArrayShape, ChoiceOptions, GainOptions {
  readonly numSubcarriers: number;
  readonly bandwidthHz: number;
  readonly downlinkCarrierHz: number;
  readonly uplinkCarrierHz: number;
  readonly timing: Timing;
  /** Takes the uplink from this file. */
  readonly uplinkPath?: string;
  /** What the last axis of arrays is, instead of what their energy tells. */
  readonly layout?: CsiDomain;
}

/**
 * Opens CSI data, told by its content: a path list .npz, synthesised on demand in both bands, or matrices as .npy,
 * .npz or .mat (version 5 to 7.3), see `createCsiLayout`. Values that are normalised to 0..1 are mapped back to signed
 * ones, see `findZeroPoints`. Matrices are held in memory.
 *
 * @throws CsiError `file-format` where a file is none of these, its variables cannot be told apart, or the uplink has
 * another number of samples; `dependency-missing` where a format needs a package that is not installed.
 */
export async function openCsiSource(path: string, options: CsiSourceOptions): Promise<CsiSource> {
  const layout = createCsiLayout(options, options.layout);
  const file = await openDataFile(path);
  const chosen = file.kind === 'variables' ? chooseDownlink(path, file.variables, options, layout) : undefined;
  const downlink = await samplesOf(file, chosen, 'downlink', options, layout);
  const uplink = await uplinkSamples(file, chosen, options, layout);
  if (uplink !== undefined && uplink.numSamples !== downlink.numSamples) {
    throw new CsiError(
      'file-format',
      `${options.uplinkPath ?? path}: ${uplink.numSamples} uplink samples, expected ${downlink.numSamples} as downlink`,
    );
  }
  const { columns, notes } = await readColumns(file.variables, downlink);
  const scaled = scaleBands({ downlink, uplink }, options, columns.ue);
  const environment = at(columns.environment);
  const distanceM = at(columns.distance_m);
  return {
    name: basename(path),
    numSamples: downlink.numSamples,
    description: { downlink: downlink.description, ...(uplink && { uplink: uplink.description }) },
    downlink: (index) => scaled.downlink.at(index),
    uplink: (index) => scaled.uplink?.at(index),
    notes: [
      ...downlink.notes.map((note) => `downlink: ${note}`),
      ...(uplink?.notes ?? []).map((note) => `uplink: ${note}`),
      ...scaled.notes,
      ...notes,
    ],
    columns,
    ...(environment && { environment }),
    ...(distanceM && { distanceM }),
  };
}

function at(column: Float64Array | undefined): ((index: number) => number) | undefined {
  return (
    column &&
    ((index) => {
      const value = column[index];
      if (value === undefined) throw new RangeError(`index is ${index}, must be 0..${column.length - 1}`);
      return value;
    })
  );
}

async function uplinkSamples(
  file: DataFile,
  downlink: Variable | undefined,
  options: CsiSourceOptions,
  layout: CsiLayout,
): Promise<CsiSamples | undefined> {
  const { uplinkPath } = options;
  if (uplinkPath !== undefined) {
    const other = await openDataFile(uplinkPath);
    const chosen =
      other.kind === 'variables'
        ? chooseUplink(uplinkPath, other.variables, options, layout, downlink?.name)
        : undefined;
    return samplesOf(other, chosen, 'uplink', options, layout);
  }
  if (file.kind === 'path-list') return samplesOf(file, undefined, 'uplink', options, layout);
  const chosen = downlink && choosePartner(file.path, file.variables, options, downlink);
  return chosen && samplesOf(file, chosen, 'uplink', options, layout);
}

async function samplesOf(
  file: DataFile,
  variable: Variable | undefined,
  direction: Band['direction'],
  options: CsiSourceOptions,
  layout: CsiLayout,
): Promise<CsiSamples> {
  if (file.kind === 'path-list') return synthesized(file.paths, direction, options);
  if (variable === undefined) throw new TypeError('a file with variables needs the one to read');
  const label = `${file.path}: ${variable.name || direction}`;
  const samples = await layout.read(variable, label);
  if (options.layout === undefined) requireDelaysLast(samples, label);
  return { ...samples, description: `${file.format} ${describeVariable(variable)}: ${samples.description}` };
}

function synthesized(paths: PathList, direction: Band['direction'], options: CsiSourceOptions): CsiSamples {
  const { downlinkCarrierHz, bandwidthHz, numSubcarriers, timing } = options;
  const carrierHz = direction === 'uplink' ? options.uplinkCarrierHz : downlinkCarrierHz;
  const band: Band = { direction, carrierHz, downlinkCarrierHz, bandwidthHz, numSubcarriers };
  const synthesize = createSynthesizer(band, options, timing);
  return {
    numSamples: paths.numSamples,
    description: `path list, synthesised at ${carrierHz / 1e9} GHz`,
    notes: [],
    samplesPerRow: 1,
    energyOf: (index) => {
      const { gainRe, gainIm } = bandPaths(paths, index, band, timing);
      const power = gainRe.reduce((sum, re, path) => sum + re * re + (gainIm[path] as number) ** 2, 0);
      return options.numAntennas * numSubcarriers * power;
    },
    at: (index) => synthesize(paths, index),
  };
}
