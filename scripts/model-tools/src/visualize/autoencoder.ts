import { type OrtProbe, openOrtProbe } from '@edge-csi/bs-server/decode';
import { CsiError, type Tensor } from '@edge-csi/csi';
import type { LinkSample } from '@edge-csi/lab';
import { decodeModel, encodeModel, type ModelProto } from '../onnx/schema.ts';
import { sizeOf, toNumbers } from '../onnx/tensor.ts';
import { freeInputs, type Network } from './network.ts';
import { createNetworkView, type VisibleManifest } from './network-view.ts';

/** A tensor per network input, the same for every sample. */
export type Masks = Readonly<Record<string, { readonly values: Float32Array; readonly dims: readonly number[] }>>;

const batchSize = 16;

/**
 * A model's encoder and decoder on the same samples again and again, the codeword unquantised, to see what a change of either
 * costs. Errors are means over the samples of the decoder's squared error ratio; phases or signs count as known where the model codes them beside.
 */
export interface Autoencoder {
  /** Components of the codeword; none of an uplink-only model. */
  readonly codewordLength: number;
  /** Of the model as it is. */
  readonly errorRatio: number;
  /** Of the model with another network in the place of its encoder or decoder. */
  errorRatioWith(role: string, network: BatchedNetwork, masks?: Masks): Promise<number>;
  /** Of the model with one component of every codeword at 0. */
  errorRatioWithout(component: number): Promise<number>;
  close(): Promise<void>;
}

/** Opens a model for that. @param networks - its encoder, where it has one, and its decoder */
export async function openAutoencoder(
  manifest: VisibleManifest,
  networks: readonly Network[],
  samples: readonly LinkSample[],
): Promise<Autoencoder> {
  const view = createNetworkView(manifest);
  const { numComponents, codewordLength: length } = view;
  const count = samples.length;
  const inputs = new Float32Array(count * numComponents);
  const uplinks = new Float32Array(count * numComponents);
  const truths = samples.map(({ downlink, uplink }, i) => {
    const values = view.componentsOf(downlink);
    inputs.set(values, i * numComponents);
    view.uplinkInto(uplinks.subarray(i * numComponents, (i + 1) * numComponents), uplink?.values);
    return values;
  });

  const encode = (encoder: BatchedNetwork, masks: Masks) =>
    encoder.run(count, view.encoderInputs(inputs), masks, view.outputs.encoder, length);
  const errorRatioOf = async (network: BatchedNetwork, codewords: Float32Array, masks: Masks = {}) => {
    const feeds = view.decoderInputs(codewords, uplinks);
    const decoded = await network.run(count, feeds, masks, view.outputs.decoder, numComponents);
    const ratios = truths.map((truth, i) =>
      view.errorRatio(truth, decoded.subarray(i * numComponents, (i + 1) * numComponents)),
    );
    return ratios.reduce((sum, ratio) => sum + ratio, 0) / count;
  };

  const encoder = networks.find(({ role }) => role === 'encoder');
  const latents =
    encoder === undefined ? new Float32Array() : await withNetwork(encoder, (opened) => encode(opened, {}));
  const decoder = await BatchedNetwork.open(networks.find(({ role }) => role === 'decoder') as Network);
  return {
    codewordLength: length,
    errorRatio: await errorRatioOf(decoder, latents),
    errorRatioWith: async (role, network, masks = {}) =>
      role === 'encoder' ? errorRatioOf(decoder, await encode(network, masks)) : errorRatioOf(network, latents, masks),
    errorRatioWithout: (component) =>
      errorRatioOf(
        decoder,
        latents.map((value, i) => (i % length === component ? 0 : value)),
      ),
    close: () => decoder.close(),
  };
}

/** Opens a network, changed where a change is given, for as long as it is used. */
export async function withNetwork<T>(
  network: Network,
  use: (opened: BatchedNetwork) => Promise<T>,
  change?: (model: ModelProto) => void,
): Promise<T> {
  const opened = await BatchedNetwork.open(network, change);
  try {
    return await use(opened);
  } finally {
    await opened.close();
  }
}

/** A network, changed or not, that runs over samples in batches as large as its graph allows. */
export class BatchedNetwork {
  readonly #probe: OrtProbe;
  readonly #file: string;
  readonly #batchSize: number;

  private constructor(probe: OrtProbe, file: string, batch: number) {
    this.#probe = probe;
    this.#file = file;
    this.#batchSize = batch;
  }

  /** @throws CsiError `model-invalid`, naming the file, where the changed graph cannot be loaded. */
  static async open({ onnx, file }: Network, change: (model: ModelProto) => void = () => undefined) {
    const model = decodeModel(onnx, file);
    const [first] = freeInputs(model);
    const [fixed = 0] = toNumbers([first?.type?.tensorType?.shape?.dim[0]?.dimValue ?? 0]);
    change(model);
    return new BatchedNetwork(await openOrtProbe(encodeModel(model), file), file, fixed > 0 ? fixed : batchSize);
  }

  /** @returns the output of all samples, the caller's own */
  async run(
    count: number,
    inputs: Readonly<Record<string, Tensor>>,
    masks: Masks,
    output: string,
    outputSize: number,
  ): Promise<Float32Array> {
    const all = new Float32Array(count * outputSize);
    for (let start = 0; start < count; start += this.#batchSize) {
      const rows = Math.min(this.#batchSize, count - start);
      const feeds = Object.entries(inputs).map(([name, { values, dims }]) => {
        const size = values.length / count;
        const own = { values: values.subarray(start * size, (start + rows) * size), dims: [rows, ...dims.slice(1)] };
        return [name, own] as const;
      });
      const values = (await this.#probe.run({ ...Object.fromEntries(feeds), ...masks })).get(output)?.values;
      if (values?.length !== rows * outputSize) {
        const problem = `${output} has ${values?.length ?? 0} values of ${rows} samples, not ${rows * outputSize}`;
        throw new CsiError('model-invalid', `${this.#file}: ${problem}`);
      }
      all.set(values, start * outputSize);
    }
    return all;
  }

  async close(): Promise<void> {
    await this.#probe.release();
  }
}

/** A mask of ones over `dims` with one place of its first axis at 0. */
export function maskWithout(index: number | undefined, dims: readonly number[]) {
  const values = new Float32Array(sizeOf(dims)).fill(1);
  const size = values.length / (dims[0] ?? 1);
  if (index !== undefined) values.fill(0, index * size, (index + 1) * size);
  return { values, dims };
}
