import type { OrtProbe } from '@edge-csi/bs-server/decode';
import { CsiError, nmseDb } from '@edge-csi/csi';
import type { LinkSample } from '@edge-csi/lab';
import { requireValue } from '../onnx/graph.ts';
import { decodeModel } from '../onnx/schema.ts';
import { sizeOf } from '../onnx/tensor.ts';
import { type Layer, layersOf } from './layers.ts';
import { loadNetworks, type Network, openExposed } from './network.ts';
import { createNetworkView, type VisibleManifest } from './network-view.ts';

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
  /** Normalised components of the uplink, `[numComponents]`; what stands for none where the sample has none. Absent where the decoder takes none. */
  readonly uplink?: Float32Array;
  /** What the decoder returned, `[numComponents]`. */
  readonly decoded: Float32Array;
  /** In the order they ran. */
  readonly layers: readonly LayerValues[];
  /** Of this sample's components; phases or signs count as known where the model codes them beside. */
  readonly nmseDb: number;
}

/** A model's encoder and decoder with every value in sight. The refiner is not among them: it works on quantised CSI. */
export interface ModelTrace {
  /** Dims of one sample's components. */
  readonly dims: readonly number[];
  /** What the encoder calls its codeword. */
  readonly codeword: string;
  readonly networks: readonly Network[];
  /** @throws CsiError `model-invalid`, naming the file, where a network does not take or make what the manifest says. */
  run(sample: LinkSample): Promise<SampleTrace>;
  close(): Promise<void>;
}

/** Opens a model of a zoo for looking at what it computes. */
export async function openModelTrace(manifest: VisibleManifest, zoo: string): Promise<ModelTrace> {
  const networks = (await loadNetworks(manifest, zoo)).filter(({ role }) => role !== 'refiner');
  const view = createNetworkView(manifest);
  const { numComponents, codewordLength } = view;
  const opened: { network: Network; layers: Layer[]; probe: OrtProbe }[] = [];
  const close = async () => {
    for (const { probe } of opened.splice(0)) await probe.release();
  };
  try {
    for (const network of networks) {
      const model = decodeModel(network.onnx, network.file);
      requireValue(model, 'output', view.outputs[network.role === 'encoder' ? 'encoder' : 'decoder'], network.file);
      opened.push({ network, layers: layersOf(model), probe: await openExposed(network) });
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    dims: view.dims,
    codeword: view.outputs.encoder,
    networks,
    run: async ({ downlink, uplink }) => {
      const truth = view.componentsOf(downlink);
      const uplinkValues = new Float32Array(numComponents);
      view.uplinkInto(uplinkValues, uplink?.values);
      let codeword = new Float32Array(codewordLength);
      let decoded = truth;
      const traced: LayerValues[] = [];
      for (const { network, layers, probe } of opened) {
        const isEncoder = network.role === 'encoder';
        const outputs = await probe.run(
          isEncoder ? view.encoderInputs(truth) : view.decoderInputs(codeword, uplinkValues),
        );
        for (const layer of layers) {
          // The view with the most axes: maps rather than what they are flattened to.
          const views = layer.views.flatMap((name) => outputs.get(name) ?? []);
          const shown = views.reduce((best, view) => (view.dims.length > best.dims.length ? view : best));
          const { values } = shown;
          traced.push({ network: network.role, layer, dims: shown.dims.slice(1), values });
        }
        const [name, size] = isEncoder ? [view.outputs.encoder, codewordLength] : [view.outputs.decoder, numComponents];
        const { values } = outputs.get(name) as { values: Float32Array };
        if (values.length !== size) {
          throw new CsiError('model-invalid', `${network.file}: ${name} has ${values.length} values, not ${size}`);
        }
        if (isEncoder) codeword = Float32Array.from(values);
        else decoded = values;
      }
      return {
        ...{ truth, decoded, layers: traced, nmseDb: nmseDb([view.errorRatio(truth, decoded)]) },
        ...(view.takesUplink && { uplink: uplinkValues }),
      };
    },
    close,
  };
}

/** Whether a layer's values are one map, or several, of a sample's components. */
export function isWholeMatrix({ dims }: LayerValues, components: readonly number[]): boolean {
  return sizeOf(dims) === sizeOf(components);
}
