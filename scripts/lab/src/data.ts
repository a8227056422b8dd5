import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import {
  type AngularDelayCsi,
  type ArrayResponse,
  applyArrayResponse,
  assertUsable,
  type ChannelSample,
  CsiError,
  type CsiShape,
  createRandom,
  createSynthesizer,
  defaultCarriers,
  type PlanarArray,
  type ScenarioName,
  simulateChannel,
  type Timing,
} from '@edge-csi/csi';
import {
  type CsiDomain,
  type CsiScale,
  type CsiSource,
  type CsiSourceOptions,
  openCsiSource,
} from '@edge-csi/csi/files';
import type { AnyManifest, ComplexManifest, Manifest, PathManifest } from '@edge-csi/models';
import type { LinkSample } from './link/transceiver.ts';
import { UsageError } from './usage-error.ts';

/** The shipped sample: 1,024 samples of the COST 2100 indoor test split, as a path list. */
export const sampleData = fileURLToPath(new URL('../data/cost2100-indoor-test-1024.npz', import.meta.url));

/** The other one: 128 UEs in streets of Munich, ray-traced, path loss as traced; its origin is in data/README.md. */
export const raytracedSampleData = fileURLToPath(new URL('../data/raytraced-munich-test-128.npz', import.meta.url));

/** Which file to read, and as what. Plain data, so that it can be handed to a worker. */
export interface DataOptions {
  readonly path: string;
  readonly csi: CsiSourceOptions;
  readonly antennaErrors?: AntennaErrors;
}

/** Errors of antennas that nobody calibrated: constant, Gaussian, the same wherever the seed is. */
export interface AntennaErrors {
  readonly phaseRmsDeg: number;
  readonly gainRmsDb: number;
  readonly seed: number;
}

/** What a command line says of the data; all but the file only where the file leaves it open. */
export interface DataFlags {
  readonly data: string;
  readonly uplink?: string;
  readonly variable?: string;
  readonly uplinkVariable?: string;
  readonly layout?: CsiDomain;
  /** Elements along the axes of a planar array. */
  readonly array?: PlanarArray;
  readonly antennaErrors?: AntennaErrors;
  readonly scale?: CsiScale;
}

/** What data are read for: a model, or matrices without one. */
export type CsiTaker = Pick<AnyManifest, 'csi'> &
  Partial<Pick<PathManifest, 'id' | 'paths'>> & { readonly normalization?: AnyNormalization };
type AnyNormalization =
  | Manifest['normalization']
  | ComplexManifest['normalization']
  | { readonly kind: string; readonly downlinkOverUplinkDb: number };

/**
 * How a model wants the file of a command line read. A path model says its array; other models are of linear ones, and a view of no
 * model is of the array that the command line names.
 *
 * @throws UsageError where the command line names another array than the model's.
 */
export function dataFor(taker: CsiTaker, flags: DataFlags): DataOptions {
  const { data, uplink, variable, uplinkVariable, layout, antennaErrors, scale } = flags;
  const array = arrayOf(taker, flags.array);
  const normRangeDb = normRangeOf(taker);
  return {
    path: data,
    csi: {
      ...taker.csi,
      ...(array[1] !== 1 && { array }),
      ...(uplink !== undefined && { uplinkPath: uplink }),
      ...(variable !== undefined && { downlinkVariable: variable }),
      ...(uplinkVariable !== undefined && { uplinkVariable }),
      ...(layout !== undefined && { layout }),
      ...(scale !== undefined && { scale }),
      ...(normRangeDb && { normRangeDb }),
    },
    ...(antennaErrors !== undefined && { antennaErrors }),
  };
}

function arrayOf({ id, csi, paths }: CsiTaker, told: PlanarArray | undefined): PlanarArray {
  const linear = [csi.numAntennas, 1] as const;
  if (id === undefined) return told ?? linear;
  const own = paths?.antennas ?? linear;
  if (told === undefined || told.join() === own.join()) return own;
  const array = own[1] === 1 ? `a linear array of ${own[0]} antennas` : `an array of ${own.join(' x ')} antennas`;
  throw new UsageError(
    `--array is ${told.join('x')}, and ${id} is for ${array}; use --family paths where there is one, or write a model with: ` +
      `edge-csi models paths --array ${told.join('x')}`,
  );
}

/** How far below the largest entry that a normalisation without a norm knows a norm may be, before all entries are taken for none. */
const minmaxDepthDb = 60;

/** Norms that a model can report; undefined where it takes any. */
function normRangeOf({ csi, normalization }: CsiTaker): readonly [number, number] | undefined {
  if (normalization === undefined) return undefined;
  if ('scale' in normalization) {
    const { minDb, stepDb, bits } = normalization.scale;
    return [minDb, minDb + stepDb * (2 ** bits - 1)];
  }
  const max = largestOf(normalization);
  if (max === undefined) return undefined;
  const maxDb = 20 * Math.log10(max);
  return [maxDb - minmaxDepthDb, maxDb + 10 * Math.log10(csi.numAntennas * csi.numDelays)];
}

/** Largest entry that a normalisation without a norm is made for, linear. */
function largestOf(normalization: AnyNormalization): number | undefined {
  if ('downlink' in normalization) return normalization.downlink.max;
  if (!('gain' in normalization)) return undefined;
  const { centre, gain } = normalization;
  return Math.max(centre, 1 - centre) / gain;
}

/** The flags of a command line for another of its files: read alike, with an uplink of its own. */
export function flagsFor(file: string, given: Omit<DataFlags, 'data'>): DataFlags {
  const { variable, uplinkVariable, layout, scale, array, antennaErrors } = given;
  return {
    data: file,
    ...(variable !== undefined && { variable }),
    ...(uplinkVariable !== undefined && { uplinkVariable }),
    ...(layout !== undefined && { layout }),
    ...(scale !== undefined && { scale }),
    ...(array !== undefined && { array }),
    ...(antennaErrors !== undefined && { antennaErrors }),
  };
}

/** How a command line names uplink CSI that a data file leaves open. */
const uplinkOptions = 'name its file with --uplink or its variable with --uplink-variable';
const dropHint = "'edge-csi convert --drop-empty' leaves out samples of no use";

/**
 * One sample of a data file, checked.
 *
 * @param wayOut - what to do where there is no such band
 * @throws CsiError `file-format` where the file has no such band, `csi-invalid` naming file, band and sample where the
 * matrix is of no use.
 */
export function usableSample(
  source: CsiSource,
  band: 'downlink' | 'uplink',
  index: number,
  wayOut: string = uplinkOptions,
): AngularDelayCsi {
  const csi = source[band](index);
  if (csi === undefined) {
    throw new CsiError('file-format', `${source.name} has no uplink CSI that its name tells; ${wayOut}`);
  }
  try {
    assertUsable(csi);
  } catch (cause) {
    if (!(cause instanceof CsiError)) throw cause;
    throw new CsiError(cause.code, `${source.name}: ${band} of sample ${index}: ${cause.message}; ${dropHint}`, {
      cause,
    });
  }
  return csi;
}

/**
 * Opens a data file.
 *
 * @example
 * const [manifest] = await listModels();
 * const source = await openData(dataFor(manifest, { data: sampleData }));
 * const [sample] = linkSamples(source, 0, 1);
 */
export async function openData({ path, csi, antennaErrors }: DataOptions): Promise<CsiSource> {
  const source = await openCsiSource(path, csi);
  if (antennaErrors === undefined) return source;
  const errors = drawAntennaErrors(csi.numAntennas, antennaErrors);
  const { phaseRmsDeg, gainRmsDb, seed } = antennaErrors;
  return {
    ...source,
    notes: [
      ...source.notes,
      `downlink: antenna errors of ${phaseRmsDeg} degrees and ${gainRmsDb} dB rms, seed ${seed}`,
    ],
    downlink: (index) => applyArrayResponse(source.downlink(index), errors, csi.array),
  };
}

/** The response of an array of which every antenna is a little off. */
export function drawAntennaErrors(numAntennas: number, { phaseRmsDeg, gainRmsDb, seed }: AntennaErrors): ArrayResponse {
  const random = createRandom(seed);
  const gains = Array.from({ length: numAntennas }, () => {
    const phaseRad = (random.gaussian() * phaseRmsDeg * Math.PI) / 180;
    const amplitude = 10 ** ((random.gaussian() * gainRmsDb) / 20);
    return [amplitude * Math.cos(phaseRad), amplitude * Math.sin(phaseRad)] as const;
  });
  return { re: gains.map(([re]) => re), im: gains.map(([, im]) => im) };
}

/** A sample of a data set. */
export interface DataSample extends LinkSample {
  /** What it belongs to: its environment where the data tell, else nothing but itself. */
  readonly cluster: number;
}

/** Samples `start .. end - 1`, in both bands where the source has both. @throws CsiError as `usableSample`. */
export function linkSamples(source: CsiSource, start: number, end: number): DataSample[] {
  return Array.from({ length: end - start }, (_, i) => {
    const index = start + i;
    const downlink = usableSample(source, 'downlink', index);
    const uplink = hasUplink(source) ? usableSample(source, 'uplink', index) : undefined;
    return { downlink, uplink, cluster: source.environment?.(index) ?? index };
  });
}

/** Whether a source has an uplink. */
export function hasUplink({ description }: CsiSource): boolean {
  return description.uplink !== undefined;
}

/** @throws CsiError `file-format` where a source has no uplink, saying what needs one. */
export function requireUplink(source: CsiSource, what: string): void {
  if (hasUplink(source)) return;
  throw new CsiError(
    'file-format',
    `${source.name} has no uplink CSI that its name tells, and ${what}; ${uplinkOptions}`,
  );
}

/** Looks at samples before anything is measured on them. @throws CsiError as `usableSample`. */
export function requireUsable(source: CsiSource, indices: Iterable<number>): void {
  for (const index of indices) linkSamples(source, index, index + 1);
}

/** How many samples a measurement takes of a source: at most `limit`, all of them where there is none. */
export function sampleCount({ numSamples }: CsiSource, limit: number | undefined): number {
  return Math.min(limit ?? numSamples, numSamples);
}

/** Indices spread evenly over a source, at most `limit`: neighbours in a file are often neighbours in space. */
export function spreadIndices(source: CsiSource, limit: number): number[] {
  const count = sampleCount(source, limit);
  return Array.from({ length: count }, (_, i) => Math.floor((i * source.numSamples) / count));
}

/** SHA-256 of a file's bytes, hexadecimal. @throws CsiError `file-format` where the file cannot be read. */
export async function sha256Of(file: string): Promise<string> {
  try {
    return createHash('sha256')
      .update(await readFile(file))
      .digest('hex');
  } catch (cause) {
    throw new CsiError('file-format', `${file}: cannot be read`, { cause });
  }
}

/** How a model, or a reader, wants CSI. */
export interface CsiView extends CsiShape {
  readonly downlinkCarrierHz: number;
  readonly uplinkCarrierHz: number;
  readonly bandwidthHz: number;
  readonly numSubcarriers: number;
  readonly timing: Timing;
}

/** As many UEs share an environment in the COST 2100 data that figures are compared with. */
const uesPerEnvironment: Partial<Record<ScenarioName, number>> = { 'cost2100-outdoor': 40 };
const defaultUes = 20;

/** Settings of a simulation of UEs that stand still: what all measurements simulate alike. */
export function standingUes(scenario: ScenarioName, seed: number) {
  const defaults = { speedKmh: 0, periodSlots: 80, delaySpreadNs: 100, phases: 'independent' } as const;
  return { scenario, seed, ...defaultCarriers(scenario), ...defaults };
}

/**
 * Simulated samples as a source of CSI: UEs that stand still, several in each environment, as independent as the samples
 * of a data set. Samples are drawn as they are read and one is held at a time, so that memory does not grow with their
 * number; reading one before the last begins again from the first.
 *
 * @example
 * const source = simulatedSource('cost2100-indoor', 1024, manifest.csi, 1);
 */
export function simulatedSource(scenario: ScenarioName, numSamples: number, view: CsiView, seed: number): CsiSource {
  const numUes = uesPerEnvironment[scenario] ?? defaultUes;
  const numEnvironments = Math.ceil(numSamples / numUes);
  const { downlinkCarrierHz, uplinkCarrierHz } = view;
  const settings = {
    ...standingUes(scenario, seed),
    downlinkCarrierHz,
    uplinkCarrierHz,
    numSamples,
    numUes,
    numEnvironments,
  };
  let samples = simulateChannel(settings);
  let current: { readonly index: number; readonly sample: ChannelSample } | undefined;
  const sampleAt = (index: number): ChannelSample => {
    if (!Number.isInteger(index) || index < 0 || index >= numSamples) {
      throw new RangeError(`index is ${index}, must be 0..${numSamples - 1}`);
    }
    if (current !== undefined && current.index > index) {
      samples = simulateChannel(settings);
      current = undefined;
    }
    while (current === undefined || current.index < index) {
      const { value } = samples.next();
      if (value === undefined) throw new RangeError(`the simulation ended before sample ${index}`);
      current = { index: (current?.index ?? -1) + 1, sample: value };
    }
    return current.sample;
  };
  const synthesizer = (direction: 'downlink' | 'uplink', carrierHz: number) => {
    const synthesize = createSynthesizer({ ...view, direction, carrierHz }, view, view.timing);
    return (index: number) => synthesize(sampleAt(index).paths, 0);
  };
  return {
    name: scenario,
    numSamples,
    description: { downlink: 'simulated', uplink: 'simulated' },
    notes: [],
    columns: {},
    downlink: synthesizer('downlink', downlinkCarrierHz),
    uplink: synthesizer('uplink', uplinkCarrierHz),
    environment: (index) => sampleAt(index).environment,
    distanceM: (index) => sampleAt(index).distanceM,
  };
}
