import { type OrtProbe, openOrtProbe } from '@edge-csi/bs-server/decode';
import { CsiError, componentErrorRatio, createUplinkInput, type Representation } from '@edge-csi/csi';
import type { LinkSample } from '@edge-csi/lab';
import { decodeModel, encodeModel, type ModelProto } from '../onnx/schema.ts';
import { sizeOf, toNumbers } from '../onnx/tensor.ts';
import { freeInputs, type Network } from './network.ts';

/** A tensor per network input, the same for every sample. */
export type Masks = Readonly<Record<string, { readonly values: Float32Array; readonly dims: readonly number[] }>>;

const batchSize = 16;

/** Encoder and decoder on the same samples again and again, the codeword unquantised, to see what a change of either costs. */
export class FloatLink {
  readonly #representation: Representation;
  readonly #codewordLength: number;
  readonly #inputs: Float32Array;
  readonly #uplinks: Float32Array;
  /** In the units that errors are counted in. */
  readonly #truths: readonly Float32Array[];

  constructor(representation: Representation, codewordLength: number, samples: readonly LinkSample[]) {
    const { numComponents } = representation;
    this.#representation = representation;
    this.#codewordLength = codewordLength;
    this.#inputs = new Float32Array(samples.length * numComponents);
    this.#uplinks = new Float32Array(samples.length * numComponents);
    const uplinkInto = createUplinkInput(representation);
    this.#truths = samples.map(({ downlink, uplink }, i) => {
      const { values } = representation.normalize(downlink).input;
      this.#inputs.set(values, i * numComponents);
      uplinkInto(this.#uplinks.subarray(i * numComponents, (i + 1) * numComponents), uplink.values);
      representation.denormalize(values);
      return values;
    });
  }

  /** Codewords of all samples, `[N][M]`. */
  async encode(encoder: LinkNetwork, masks: Masks = {}): Promise<Float32Array> {
    const { tensor, numComponents } = this.#representation;
    const input = { name: tensor.name, values: this.#inputs, dims: tensor.dims, size: numComponents };
    return encoder.run(this.#truths.length, [input], masks, 'latent', this.#codewordLength);
  }

  /** Mean over samples of the decoder's squared error ratio, phases or signs known. */
  async errorRatio(decoder: LinkNetwork, latents: Float32Array, masks: Masks = {}): Promise<number> {
    const { tensor, numComponents } = this.#representation;
    const length = this.#codewordLength;
    const codeword = { dims: [length], size: length };
    const decoded = await decoder.run(
      this.#truths.length,
      [
        { name: 'latent', values: latents, ...codeword },
        // An unquantised component is known exactly: its cell has no width.
        { name: 'cell', values: new Float32Array(latents.length), ...codeword },
        { name: 'uplink', values: this.#uplinks, dims: tensor.dims, size: numComponents },
      ],
      masks,
      tensor.name,
      numComponents,
    );
    this.#representation.denormalize(decoded);
    const ratios = this.#truths.map((truth, i) =>
      componentErrorRatio(truth, decoded.subarray(i * numComponents, (i + 1) * numComponents)),
    );
    return ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length;
  }
}

interface SampleInput {
  readonly name: string;
  /** Of all samples. */
  readonly values: Float32Array;
  readonly dims: readonly number[];
  /** Values of one sample. */
  readonly size: number;
}

/** A network, changed or not, that runs over samples in batches as large as its graph allows. */
export class LinkNetwork {
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
    return new LinkNetwork(await openOrtProbe(encodeModel(model), file), file, fixed > 0 ? fixed : batchSize);
  }

  /** @returns the output of all samples, the caller's own */
  async run(
    count: number,
    inputs: readonly SampleInput[],
    masks: Masks,
    output: string,
    outputSize: number,
  ): Promise<Float32Array> {
    const all = new Float32Array(count * outputSize);
    for (let start = 0; start < count; start += this.#batchSize) {
      const rows = Math.min(this.#batchSize, count - start);
      const feeds = inputs.map(({ name, values, dims, size }) => {
        return [name, { values: values.subarray(start * size, (start + rows) * size), dims: [rows, ...dims] }] as const;
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
