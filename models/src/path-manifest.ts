import {
  createUeCodec,
  type PathCodecOptions,
  type PathCodecSpec,
  type PathKnobs,
  type PathsSpec,
  pathCodecSpec,
} from '@edge-csi/csi';
import type { Manifest } from './manifest.ts';
import { parseWith, pathModelKind, pathModelSchema } from './schema.ts';

/**
 * What a model of path reports says of itself. It has no networks and no files: the array, the band and the tables of the
 * arithmetic coder are all that both ends need.
 */
export interface PathManifest extends Pick<Manifest, 'id' | 'csi' | 'training' | 'derivedFrom' | 'measured'> {
  readonly schema: 'edge-csi/paths@1';
  readonly family: 'paths';
  /** `numDelays` and `numSubcarriers` are those of `csi`. */
  readonly paths: Omit<PathCodecSpec, 'numDelays' | 'numSubcarriers'>;
  /** Knobs where the BS asks for none. */
  readonly rate: PathKnobs;
  readonly files: { readonly [name in keyof Manifest['files']]?: undefined };
}

/** Whether a parsed manifest.json, valid or not, means a model of path reports. */
export function isPathModel<T extends { readonly schema: string }>(manifest: T): manifest is T & PathManifest;
export function isPathModel(json: unknown): boolean;
export function isPathModel(json: unknown): boolean {
  return typeof json === 'object' && json !== null && 'schema' in json && json.schema === pathModelKind;
}

/**
 * Validates the parsed manifest.json of a model of path reports.
 *
 * @throws CsiError `model-invalid`, naming the first field that does not fit.
 */
export function parsePathManifest(json: unknown): PathManifest {
  const manifest = parseWith(pathModelSchema, json);
  // The codec checks its tables and how they fit the array.
  createUeCodec(pathsSpecOf(manifest));
  return manifest;
}

/** What a model of path reports is made of. */
export interface PathModelOptions extends Pick<PathCodecOptions, 'maxPaths' | 'tables' | 'response' | 'measurements'> {
  readonly id: string;
  /** `numAntennas` is that of the whole array. */
  readonly csi: PathManifest['csi'];
  /** Elements along the axes of a planar array; a linear one where absent. */
  readonly array?: readonly [number, number];
  readonly training?: PathManifest['training'];
  readonly rate?: PathKnobs;
}

/** About 200 bits of an indoor channel, -25 dB. */
const defaultRate: PathKnobs = { maxPayloadBits: 500, bitPriceTenthDb: 400 };

/**
 * Describes a model of path reports for any array and band; nothing is trained.
 *
 * @throws CsiError `model-invalid` where the options make none.
 *
 * @example
 * const csi = { numAntennas: 64, numDelays: 32, numSubcarriers: 1024, bandwidthHz: 20e6,
 *   downlinkCarrierHz: 3.5e9, uplinkCarrierHz: 3.4e9, timing: 'absolute' } as const;
 * const manifest = createPathManifest({ id: 'paths-nt64', csi });
 */
export function createPathManifest(options: PathModelOptions): PathManifest {
  const { id, csi, array = [csi.numAntennas, 1], training = {}, rate = defaultRate, ...codec } = options;
  const { numDelays: _, numSubcarriers: __, ...paths } = pathCodecSpec({ ...codec, ...csi, antennas: array });
  return parsePathManifest({ schema: pathModelKind, id, family: 'paths', csi, paths, rate, files: {}, training });
}

/** What the model's codec is made of. */
export function pathsSpecOf({ id, csi, paths, rate }: PathManifest): PathsSpec {
  const { numDelays, numSubcarriers, downlinkCarrierHz, uplinkCarrierHz } = csi;
  const carrierRatio = downlinkCarrierHz / uplinkCarrierHz;
  return { kind: 'paths', id, codec: { ...paths, numDelays, numSubcarriers }, carrierRatio, rate };
}

/** The part of a manifest that must be equal at both ends: all that either computes with, and no default of a knob. */
export function pathAgreement({ id, csi, paths }: PathManifest): unknown {
  const { format, antennas, coefficientsPerPath, doppler, maxPaths, tables, response } = paths;
  const { first, end, next, angle, near, delay, later } = tables;
  const shifts = doppler === false ? doppler : [doppler.measurements, doppler.table];
  return [
    id,
    'paths',
    [format, antennas, csi.numDelays, csi.numSubcarriers, coefficientsPerPath, shifts, maxPaths],
    [first, end, next, angle, near, delay, later],
    response === undefined ? [] : [response.re, response.im],
  ];
}
