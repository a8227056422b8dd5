import type { CsiShape, DualnetSpec, NormalizationSpec, RepresentationSpec } from '@edge-csi/csi';
import { manifestSchema, parseWith } from './schema.ts';

/** A file that a manifest names. */
export interface ManifestFile {
  /** A plain name, beside manifest.json. */
  readonly path: string;
  /** In lower-case hex. */
  readonly sha256: string;
  readonly bytes: number;
}

/** The link that a model is for. */
interface ManifestCsi extends CsiShape {
  readonly numSubcarriers: number;
  readonly bandwidthHz: number;
  readonly downlinkCarrierHz: number;
  readonly uplinkCarrierHz: number;
  readonly timing: 'absolute' | 'first-path';
}

/** Fields that nothing here reads. */
export type ManifestRecord = Readonly<Record<string, unknown>>;

/** What a zoo entry says of itself; the bytes it names are checked against its hashes before use. */
export interface Manifest {
  readonly schema: 'edge-csi/manifest@1';
  readonly id: string;
  readonly family: string;
  /** True where the encoder is the Dense layer alone. */
  readonly pruned: boolean;
  /** The "1/CR" of the literature, phase counted as float32 equivalents: 4, 8, 12. */
  readonly reduction: number;
  readonly csi: ManifestCsi;
  readonly normalization: NormalizationSpec;
  /** What of each entry the networks work on: |h|, where absent, or |Re| and |Im|. */
  readonly planes?: 'magnitude' | 'absolute-parts' | undefined;
  readonly codeword: {
    readonly length: number;
    /** Bits per component, 1..8. */
    readonly bits: readonly number[];
    /** Quantiser step per component, in units of the latent. */
    readonly step: readonly number[];
    /** Moments of each component over the training set, in units of the latent: what a BS tells drift by. */
    readonly statistics?: { readonly mean: readonly number[]; readonly deviation: readonly number[] } | undefined;
  };
  /** Phases, or signs of absolute parts. */
  readonly phase: {
    readonly maxBits: number;
    /** Default rate knob, in sixteenths of the coarse magnitude's unit. */
    readonly theta: number;
  };
  readonly files: {
    /** Normalised `magnitude` [N, Nt, Nd] or `parts` [N, 2, Nt, Nd] -> `latent` [N, M]. */
    readonly encoder: ManifestFile;
    /**
     * `latent` [N, M], optionally `cell` [N, M] (half the width of the quantiser's cells, 0 where unquantised), and
     * `uplink`, of the encoder input's shape -> `magnitude` or `parts`, of that shape.
     */
    readonly decoder: ManifestFile;
    /** int8 [n][M], then int32 little endian [n], n = Nt * Nd or 2 * Nt * Nd: the coarse magnitude of the allocation. */
    readonly allocation: ManifestFile;
    /** [N, 2, Nt, Nd] dequantised CSI, magnitude, bits, uplink -> [N, 2, Nt, Nd]. Spherical magnitudes only. */
    readonly refiner?: ManifestFile | undefined;
  };
  readonly training: ManifestRecord;
  /** Where a model was made from another one without training: that one's id and pairing hash, how, and on which data. */
  readonly derivedFrom?: ManifestRecord | undefined;
  /** Figures re-measured by this code base, each with the data it was measured on. */
  readonly measured?: readonly ManifestRecord[] | undefined;
}

/**
 * Validates a parsed manifest.json.
 *
 * @throws CsiError `model-invalid`, naming the first field that does not fit.
 */
export function parseManifest(json: unknown): Manifest {
  return parseWith(manifestSchema, json);
}

/** How the model's networks see CSI. */
export function representationOf({ csi, planes = 'magnitude', normalization }: Manifest): RepresentationSpec {
  return { numAntennas: csi.numAntennas, numDelays: csi.numDelays, planes, normalization };
}

/** What the model's codec is made of. @param allocation - bytes of the manifest's file of that name */
export function codecSpecOf(manifest: Manifest, allocation: Uint8Array): DualnetSpec {
  const { id, codeword, phase, files } = manifest;
  const representation = representationOf(manifest);
  return { kind: 'dualnet', id, representation, codeword, phase, allocation, hasRefiner: files.refiner !== undefined };
}
