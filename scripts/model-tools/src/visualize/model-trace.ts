import type { OrtProbe } from '@edge-csi/bs-server/decode';
import {
  CsiError,
  componentErrorRatio,
  createRepresentation,
  createUplinkInput,
  nmseDb,
  type Representation,
} from '@edge-csi/csi';
import type { LinkSample } from '@edge-csi/lab';
import { isUplinkOnly, type NetworkManifest, representationOf } from '@edge-csi/models';
import { requireValue } from '../onnx/graph.ts';
import { decodeModel } from '../onnx/schema.ts';
import { sizeOf } from '../onnx/tensor.ts';
import { type Layer, layersOf } from './layers.ts';
import { loadNetworks, type Network, openExposed } from './network.ts';

/** What a layer made of one sample. */
export interface LayerValues {
  readonly network: string;
  readonly layer: Layer;
  /** Without the batch. */
  readonly dims: readonly number[];
  /** Row-major. */
  readonly values: Float32Array;
}

/** One sample on its way through encoder and decoder, its codeword unquantised; all as the networks see it. */
export interface SampleTrace {
  /** Normalised components of the downlink, `[numComponents]`: the encoder's input, and what the decoder is to return. */
  readonly truth: Float32Array;
  /** Normalised components of the uplink, `[numComponents]`; what stands for none where the sample has none. */
  readonly uplink: Float32Array;
  /** What the decoder returned, `[numComponents]`. */
  readonly decoded: Float32Array;
  /** In the order they ran. */
  readonly layers: readonly LayerValues[];
  /** Of this sample's components, phases or signs known. */
  readonly nmseDb: number;
}

/** A model's encoder and decoder with every value in sight. The refiner is not among them: it works on quantised CSI. */
export interface ModelTrace {
  /** Dims of one sample's components. */
  readonly dims: readonly number[];
  readonly networks: readonly Network[];
  /** @throws CsiError `model-invalid`, naming the file, where a network does not take or make what the manifest says. */
  run(sample: LinkSample): Promise<SampleTrace>;
  close(): Promise<void>;
}

/** How a model of either kind sees CSI. */
export function representationOfAny(manifest: NetworkManifest): Representation {
  if (!isUplinkOnly(manifest)) return createRepresentation(representationOf(manifest));
  // Of an uplink-only model no norm is ever on the wire: any grid does.
  const scale = { minDb: -60, stepDb: 1, bits: 8 };
  return createRepresentation({ ...manifest.csi, planes: 'magnitude', normalization: { kind: 'spherical', scale } });
}

/** Opens a model of a zoo for looking at what it computes. */
export async function openModelTrace(manifest: NetworkManifest, zoo: string): Promise<ModelTrace> {
  const networks = (await loadNetworks(manifest, zoo)).filter(({ role }) => role !== 'refiner');
  const representation = representationOfAny(manifest);
  const { tensor, numComponents } = representation;
  const uplinkInto = createUplinkInput(representation);
  const length = isUplinkOnly(manifest) ? 0 : manifest.codeword.length;
  const opened: { network: Network; layers: Layer[]; probe: OrtProbe }[] = [];
  const close = async () => {
    for (const { probe } of opened.splice(0)) await probe.release();
  };
  try {
    for (const network of networks) {
      const model = decodeModel(network.onnx, network.file);
      requireValue(model, 'output', network.role === 'encoder' ? 'latent' : tensor.name, network.file);
      opened.push({ network, layers: layersOf(model), probe: await openExposed(network) });
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    dims: tensor.dims,
    networks,
    run: async ({ downlink, uplink }) => {
      const truth = representation.normalize(downlink).input.values;
      const uplinkValues = new Float32Array(numComponents);
      uplinkInto(uplinkValues, uplink?.values);
      const dims = [1, ...tensor.dims];
      let latent = new Float32Array(length);
      let decoded = truth;
      const traced: LayerValues[] = [];
      for (const { network, layers, probe } of opened) {
        const outputs = await probe.run({
          [tensor.name]: { values: truth, dims },
          latent: { values: latent, dims: [1, length] },
          // An unquantised component is known exactly: its cell has no width.
          cell: { values: new Float32Array(length), dims: [1, length] },
          uplink: { values: uplinkValues, dims },
        });
        for (const layer of layers) {
          // The view with the most axes: maps rather than what they are flattened to.
          const views = layer.views.flatMap((name) => outputs.get(name) ?? []);
          const shown = views.reduce((best, view) => (view.dims.length > best.dims.length ? view : best));
          const { values } = shown;
          traced.push({ network: network.role, layer, dims: shown.dims.slice(1), values });
        }
        const [name, size] = network.role === 'encoder' ? ['latent', length] : [tensor.name, numComponents];
        const { values } = outputs.get(name) as { values: Float32Array };
        if (values.length !== size) {
          throw new CsiError('model-invalid', `${network.file}: ${name} has ${values.length} values, not ${size}`);
        }
        if (network.role === 'encoder') latent = Float32Array.from(values);
        else decoded = values;
      }
      const ratio = componentErrorRatio(denormalized(truth), denormalized(decoded));
      return { truth, uplink: uplinkValues, decoded, layers: traced, nmseDb: nmseDb([ratio]) };
    },
    close,
  };

  function denormalized(values: Float32Array): Float32Array {
    const copy = values.slice();
    representation.denormalize(copy);
    return copy;
  }
}

/** Whether a layer's values are one map, or several, of a sample's components. */
export function isWholeMatrix({ dims }: LayerValues, components: readonly number[]): boolean {
  return sizeOf(dims) === sizeOf(components);
}
