import { basename } from 'node:path';
import type { AngularDelayCsi, CsiShape } from '../csi.ts';
import { CsiError } from '../errors.ts';
import { type Band, type PathList, synthesizeAngularDelay, type Timing } from '../path-list.ts';
import { type CsiSamples, readMatrices } from './csi-matrices.ts';
import { isNpy, type NpyArray, parseNpy, readBytes } from './npy.ts';
import { isZip, parseNpz } from './npz.ts';
import { isPathList, parsePathList } from './path-list-file.ts';

/** CSI samples of one data file, both bands where the file or a second one has the uplink. */
export interface CsiSource {
  /** File name without its folder. */
  readonly name: string;
  readonly numSamples: number;
  /** @throws RangeError where the index is out of range. */
  downlink(index: number): AngularDelayCsi;
  /** `undefined` where the source has no uplink. */
  uplink(index: number): AngularDelayCsi | undefined;
}

/** The matrices wanted and the link they belong to; the bands matter for path lists only. */
export interface CsiSourceOptions extends CsiShape {
  readonly numSubcarriers: number;
  readonly bandwidthHz: number;
  readonly downlinkCarrierHz: number;
  readonly uplinkCarrierHz: number;
  readonly timing: Timing;
  /** Takes the uplink from this file. */
  readonly uplinkPath?: string;
}

/**
 * Opens CSI data: a path list .npz, synthesised on demand in both bands, or angular-delay matrices as .npy or .npz,
 * real `[N, 2*Nt*Nd]` (real half first) or complex `[N, Nt, Nd]`. A .npz with matrices has them in an array
 * `downlink` (or any one array) and optionally `uplink`.
 *
 * @throws CsiError `file-format` where a file is none of these, or the uplink has another number of samples.
 */
export async function openCsiSource(path: string, options: CsiSourceOptions): Promise<CsiSource> {
  const content = await readContent(path);
  const downlink = samplesOf(content, 'downlink', options, path);
  if (downlink === undefined) throw new CsiError('file-format', `${path}: ${expectedArrays(content)}`);
  const uplink = await uplinkSamples(path, content, options);
  if (uplink !== undefined && uplink.numSamples !== downlink.numSamples) {
    throw new CsiError(
      'file-format',
      `${options.uplinkPath ?? path}: ${uplink.numSamples} uplink samples, expected ${downlink.numSamples} as downlink`,
    );
  }
  return {
    name: basename(path),
    numSamples: downlink.numSamples,
    downlink: (index) => downlink.at(index),
    uplink: (index) => uplink?.at(index),
  };
}

type Content =
  | { readonly kind: 'path-list'; readonly paths: PathList }
  | { readonly kind: 'matrices'; readonly arrays: ReadonlyMap<string, NpyArray> };

async function readContent(path: string): Promise<Content> {
  const bytes = await readBytes(path);
  if (isNpy(bytes)) return { kind: 'matrices', arrays: new Map([['', parseNpy(bytes, path)]]) };
  if (!isZip(bytes)) {
    const start = Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
    throw new CsiError(
      'file-format',
      `${path}: expected .npz or .npy, found ${bytes.length} bytes starting ${start || '-'}`,
    );
  }
  const arrays = parseNpz(bytes, path);
  return isPathList(arrays) ? { kind: 'path-list', paths: parsePathList(arrays, path) } : { kind: 'matrices', arrays };
}

async function uplinkSamples(
  path: string,
  content: Content,
  options: CsiSourceOptions,
): Promise<CsiSamples | undefined> {
  const { uplinkPath } = options;
  if (uplinkPath === undefined) return samplesOf(content, 'uplink', options, path);
  const uplinkContent = await readContent(uplinkPath);
  const samples =
    samplesOf(uplinkContent, 'uplink', options, uplinkPath) ?? onlySamples(uplinkContent, options, uplinkPath);
  if (samples === undefined) throw new CsiError('file-format', `${uplinkPath}: ${expectedArrays(uplinkContent)}`);
  return samples;
}

function samplesOf(
  content: Content,
  direction: Band['direction'],
  options: CsiSourceOptions,
  name: string,
): CsiSamples | undefined {
  if (content.kind === 'path-list') return synthesized(content.paths, direction, options);
  const array = content.arrays.get(direction);
  if (array !== undefined) return readMatrices(array, options, `${name}: ${direction}`);
  return direction === 'downlink' ? onlySamples(content, options, name) : undefined;
}

/** The samples of a file with a single array, whatever its name. */
function onlySamples(content: Content, options: CsiSourceOptions, name: string): CsiSamples | undefined {
  if (content.kind === 'path-list' || content.arrays.size !== 1) return undefined;
  const [array] = content.arrays.values();
  return array && readMatrices(array, options, name);
}

function synthesized(paths: PathList, direction: Band['direction'], options: CsiSourceOptions): CsiSamples {
  const { downlinkCarrierHz, bandwidthHz, numSubcarriers, timing } = options;
  const carrierHz = direction === 'uplink' ? options.uplinkCarrierHz : downlinkCarrierHz;
  const band: Band = { direction, carrierHz, downlinkCarrierHz, bandwidthHz, numSubcarriers };
  return {
    numSamples: paths.numSamples,
    at: (index) => synthesizeAngularDelay(paths, index, band, options, timing),
  };
}

function expectedArrays(content: Content): string {
  const names = content.kind === 'matrices' ? [...content.arrays.keys()] : [];
  return `expected a path list, an array named downlink or uplink, or a single array; found ${names.join(', ') || 'none'}`;
}
