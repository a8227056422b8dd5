import type { ComplexSpec, ComplexTensors, PlaneNormalization } from '@edge-csi/csi';
import type { Manifest, ManifestFile } from './manifest.ts';
import { complexModelKind, complexModelSchema, parseWith } from './schema.ts';

/**
 * What a model of complex CSI says of itself: networks that take real and imaginary parts and give them back, as CsiNet and
 * its successors are published. It codes no phases and has no allocation.
 */
export interface ComplexManifest
  extends Pick<Manifest, 'id' | 'family' | 'pruned' | 'reduction' | 'csi' | 'training' | 'derivedFrom' | 'measured'> {
  readonly schema: 'edge-csi/csi@1';
  readonly normalization: PlaneNormalization;
  /** What the networks call their inputs and outputs. */
  readonly tensors: ComplexTensors;
  readonly codeword: Manifest['codeword'] & {
    /** What each component is centred on before it is quantised. */
    readonly offset: readonly number[];
  };
  readonly files: {
    /** Planes [N, 2, Nt, Nd] -> codeword [N, M]. */
    readonly encoder: ManifestFile;
    /** Codeword [N, M], optionally the uplink's planes [N, 2, Nt, Nd] -> planes [N, 2, Nt, Nd]. */
    readonly decoder: ManifestFile;
    readonly allocation?: undefined;
    readonly refiner?: undefined;
  };
}

/** Whether a parsed manifest.json, valid or not, means a model of complex CSI. */
export function isComplexModel<T extends { readonly schema: string }>(manifest: T): manifest is T & ComplexManifest;
export function isComplexModel(json: unknown): boolean;
export function isComplexModel(json: unknown): boolean {
  return typeof json === 'object' && json !== null && 'schema' in json && json.schema === complexModelKind;
}

/**
 * Validates the parsed manifest.json of a model of complex CSI.
 *
 * @throws CsiError `model-invalid`, naming the first field that does not fit.
 */
export function parseComplexManifest(json: unknown): ComplexManifest {
  return parseWith(complexModelSchema, json);
}

/** What the model's codec is made of. */
export function complexSpecOf({ id, csi, normalization, tensors, codeword }: ComplexManifest): ComplexSpec {
  const shape = { numAntennas: csi.numAntennas, numDelays: csi.numDelays };
  return { kind: 'csi', id, shape, normalization, tensors, codeword };
}

/** The part of a manifest that must be equal at both ends: all that either computes with, fields in the order that parsing gives them. */
export function complexAgreement({ id, csi, normalization, tensors, codeword, files }: ComplexManifest): unknown {
  const { bits, step, offset } = codeword;
  const { numAntennas, numDelays } = csi;
  return [
    id,
    'csi',
    numAntennas,
    numDelays,
    normalization,
    bits,
    step,
    offset,
    tensors,
    files.encoder.sha256,
    files.decoder.sha256,
  ];
}
