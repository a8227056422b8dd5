import type { UplinkOnlySpec } from '@edge-csi/csi';
import { type ReadModelFile, readChecked } from './bundle.ts';
import type { Manifest, ManifestFile } from './manifest.ts';
import { requireRunnable } from './onnx-edges.ts';
import type { ReportManifest } from './report-manifest.ts';
import { parseWith, uplinkOnlyKind, uplinkOnlySchema } from './schema.ts';

/**
 * What a model that estimates the downlink magnitude from the uplink alone says of itself. It has no encoder, no
 * codeword and no pairing hash: no UE ever hears of it.
 */
export interface UplinkOnlyManifest extends Pick<Manifest, 'id' | 'family' | 'csi' | 'training' | 'measured'> {
  readonly schema: 'edge-csi/uplink-only@1';
  readonly normalization: {
    readonly kind: 'spherical';
    /** Mean over the training set of 20 log10(||H_dl|| / ||H_ul||): nothing on the wire states the downlink's norm. */
    readonly downlinkOverUplinkDb: number;
  };
  readonly files: {
    /** [N, Nt, Nd] uplink magnitude of norm 1 -> [N, Nt, Nd] downlink magnitude over its norm. */
    readonly decoder: ManifestFile;
  };
}

/** A manifest of a model that has networks. */
export type NetworkManifest = Manifest | UplinkOnlyManifest;

/** A manifest of any kind; `schema` tells them apart. */
export type AnyManifest = ReportManifest | UplinkOnlyManifest;

/** An uplink-only model with its network, hash-checked. */
export interface UplinkOnlyBundle {
  readonly manifest: UplinkOnlyManifest;
  /** For `createUplinkOnly`. */
  readonly codec: UplinkOnlySpec;
  readonly decoder: Uint8Array;
}

/** Whether a parsed manifest.json, valid or not, means an uplink-only model. */
export function isUplinkOnly(manifest: AnyManifest): manifest is UplinkOnlyManifest;
export function isUplinkOnly(json: unknown): boolean;
export function isUplinkOnly(json: unknown): boolean {
  return typeof json === 'object' && json !== null && 'schema' in json && json.schema === uplinkOnlyKind;
}

/**
 * Validates the parsed manifest.json of an uplink-only model.
 *
 * @throws CsiError `model-invalid`, naming the first field that does not fit.
 */
export function parseUplinkOnlyManifest(json: unknown): UplinkOnlyManifest {
  return parseWith(uplinkOnlySchema(), json);
}

/**
 * Reads the network of an uplink-only model and checks its hash.
 *
 * @throws CsiError `model-invalid` where the file's bytes do not match the manifest.
 */
export async function loadUplinkOnlyBundle(
  manifest: UplinkOnlyManifest,
  read: ReadModelFile,
): Promise<UplinkOnlyBundle> {
  const { id, csi, normalization, files } = manifest;
  const { numAntennas, numDelays } = csi;
  const downlinkOverUplink = 10 ** (normalization.downlinkOverUplinkDb / 20);
  const codec = { kind: 'uplink-only', id, numAntennas, numDelays, downlinkOverUplink } as const;
  const decoder = await readChecked(id, files.decoder, read);
  requireRunnable(decoder, `${id}/${files.decoder.path}`);
  return { manifest, codec, decoder };
}
