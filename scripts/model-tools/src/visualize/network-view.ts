import { type AngularDelayCsi, componentErrorRatio, createRepresentation, createUplinkInput } from '@edge-csi/csi';
import { createPlanes } from '@edge-csi/csi/complex';
import {
  type ComplexManifest,
  isComplexModel,
  isUplinkOnly,
  type NetworkManifest,
  representationOf,
} from '@edge-csi/models';

/** A manifest of a model that has networks to look into. */
export type VisibleManifest = NetworkManifest | ComplexManifest;

/** Values of one sample or several, `[rows, ...dims]`. */
interface Rows {
  readonly values: Float32Array;
  readonly dims: readonly number[];
}

/** How a model's encoder and decoder see CSI, whatever its kind: components of a sample, and what inputs and outputs are called. */
export interface NetworkView {
  /** Dims of one sample's components. */
  readonly dims: readonly number[];
  readonly numComponents: number;
  /** 0 where there is no encoder. */
  readonly codewordLength: number;
  /** What each network returns: its codeword, or its components. */
  readonly outputs: { readonly encoder: string; readonly decoder: string };
  /** What the encoder is fed of `[rows][numComponents]`. */
  encoderInputs(components: Float32Array): Readonly<Record<string, Rows>>;
  /** What the decoder is fed of `[rows][codewordLength]` and `[rows][numComponents]`. */
  decoderInputs(codewords: Float32Array, uplinks: Float32Array): Readonly<Record<string, Rows>>;
  /** Whether the decoder is fed an uplink. */
  readonly takesUplink: boolean;
  /** Components of a downlink, the caller's own. */
  componentsOf(downlink: AngularDelayCsi): Float32Array;
  /** Writes the uplink's components, `[numComponents]`, or what stands for none. */
  uplinkInto(out: Float32Array, uplink: Float32Array | undefined): void;
  /** |error|^2 / |truth|^2 of components, both in units of CSI over its norm, where the model divides by that. Phases or signs count as known where a model codes them beside. */
  errorRatio(truth: Float32Array, decoded: Float32Array): number;
}

/** Creates the view of a model's networks. */
export function createNetworkView(manifest: VisibleManifest): NetworkView {
  return isComplexModel(manifest) ? complexView(manifest) : componentView(manifest);
}

function componentView(manifest: NetworkManifest): NetworkView {
  const representation = createRepresentation(
    isUplinkOnly(manifest)
      ? // No norm of such a model is ever on the wire: any grid does.
        {
          ...manifest.csi,
          planes: 'magnitude',
          normalization: { kind: 'spherical', scale: { minDb: -60, stepDb: 1, bits: 8 } },
        }
      : representationOf(manifest),
  );
  const { tensor, numComponents } = representation;
  const length = isUplinkOnly(manifest) ? 0 : manifest.codeword.length;
  return viewOf({
    dims: tensor.dims,
    numComponents,
    codewordLength: length,
    tensors: {
      encoder: { csi: tensor.name, codeword: 'latent' },
      decoder: { codeword: 'latent', uplink: 'uplink', csi: tensor.name },
    },
    // An unquantised component is known exactly: its cell has no width.
    further: (codewords) => ({ cell: { values: new Float32Array(codewords.values.length), dims: codewords.dims } }),
    componentsOf: (downlink) => representation.normalize(downlink).input.values,
    uplinkInto: createUplinkInput(representation),
    denormalize: (values) => representation.denormalize(values),
  });
}

function complexView({ csi, normalization, codeword, tensors }: ComplexManifest): NetworkView {
  const planes = createPlanes(csi, normalization);
  return viewOf({
    dims: planes.dims,
    numComponents: planes.numComponents,
    codewordLength: codeword.length,
    tensors,
    further: () => ({}),
    componentsOf: (downlink) => planes.normalize(downlink).input.values,
    uplinkInto: createUplinkInput(planes),
    denormalize: (values) => planes.denormalizeInto(values, values, 1),
  });
}

interface ViewParts
  extends Pick<NetworkView, 'dims' | 'numComponents' | 'codewordLength' | 'componentsOf' | 'uplinkInto'> {
  readonly tensors: ComplexManifest['tensors'];
  further(codewords: Rows): Readonly<Record<string, Rows>>;
  /** In place. */
  denormalize(values: Float32Array): void;
}

function viewOf({ tensors, further, denormalize, ...parts }: ViewParts): NetworkView {
  const { encoder, decoder } = tensors;
  const { dims, numComponents, codewordLength } = parts;
  const components = (values: Float32Array): Rows => ({ values, dims: [values.length / numComponents, ...dims] });
  const inUnits = (values: Float32Array): Float32Array => {
    const copy = values.slice();
    denormalize(copy);
    return copy;
  };
  return {
    ...parts,
    outputs: { encoder: encoder.codeword, decoder: decoder.csi },
    takesUplink: decoder.uplink !== undefined,
    encoderInputs: (values) => ({ [encoder.csi]: components(values) }),
    decoderInputs: (values, uplinks) => {
      const codewords = { values, dims: [uplinks.length / numComponents, codewordLength] };
      return {
        ...further(codewords),
        [decoder.codeword]: codewords,
        ...(decoder.uplink !== undefined && { [decoder.uplink]: components(uplinks) }),
      };
    },
    errorRatio: (truth, decoded) => componentErrorRatio(inUnits(truth), inUnits(decoded)),
  };
}
