import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import {
  type AngularDelayCsi,
  type ArrayResponse,
  applyArrayResponse,
  assertUsable,
  CsiError,
  createRandom,
} from '@edge-csi/csi';
import { type CsiSource, openCsiSource } from '@edge-csi/csi/files';
import type { AntennaErrors, DataOptions } from './data-options.ts';
import type { LinkSample } from './link/transceiver.ts';

export {
  type AntennaErrors,
  type CsiTaker,
  type DataFlags,
  type DataOptions,
  dataFor,
  flagsFor,
} from './data-options.ts';
export { type CsiView, simulatedSource, standingUes } from './simulated-source.ts';

/** The shipped sample: 1,024 samples of the COST 2100 indoor test split, as a path list. */
export const sampleData = fileURLToPath(new URL('../data/cost2100-indoor-test-1024.npz', import.meta.url));

/** The other one: 128 UEs in streets of Munich, ray-traced, path loss as traced; its origin is in data/README.md. */
export const raytracedSampleData = fileURLToPath(new URL('../data/raytraced-munich-test-128.npz', import.meta.url));

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
