import {
  CsiError,
  createPhaseAllocation,
  createQuantizer,
  createRepresentation,
  createUplinkInput,
  frobeniusNorm,
  type PhaseAllocation,
  type Quantizer,
  type Representation,
  type UplinkInput,
} from '@edge-csi/csi';
import type { BatchBuffers, DecoderInput, ReportStatus } from './batch-buffers.ts';
import { CodewordDrift } from './codeword-drift.ts';
import type { DecoderModel } from './decoder-model.ts';
import type { Graph } from './graph.ts';
import type { Refine } from './refine.ts';

/** One row of the network's batch: where its report stands in the batch, and the report. */
interface Row {
  readonly position: number;
  readonly input: DecoderInput;
}

/** Turns batches of one model's reports into complex CSI. Not for two batches at a time. */
export class ModelDecoder {
  readonly #model: DecoderModel;
  readonly #decoder: Graph;
  readonly #refine: Refine | undefined;
  readonly #representation: Representation;
  readonly #uplinkInto: UplinkInput;
  /** Complex entries of one sample. */
  readonly #numEntries: number;
  /** By truncation. */
  readonly #quantizers: readonly Quantizer[];
  readonly #allocation: PhaseAllocation;
  readonly #drift: CodewordDrift | undefined;
  readonly #centred: Int16Array;
  readonly #latent: Float32Array;
  readonly #cell: Float32Array;
  readonly #uplink: Float32Array;
  readonly #bits: Uint8Array;
  readonly #estimate: Float32Array;
  readonly #refinerBits: Float32Array;

  constructor(model: DecoderModel, decoder: Graph, refine: Refine | undefined, maxBatchSize: number) {
    const codewordLength = model.codewordBits.length;
    const { numAntennas, numDelays } = model.representation;
    const numEntries = numAntennas * numDelays;
    const representation = createRepresentation(model.representation);
    const { numComponents } = representation;
    const quantizer = createQuantizer(model.codewordBits, model.codewordStep);
    this.#model = model;
    this.#decoder = decoder;
    this.#refine = refine;
    this.#representation = representation;
    this.#uplinkInto = createUplinkInput(representation);
    this.#numEntries = numEntries;
    this.#quantizers = Array.from({ length: 8 }, (_, truncation) => quantizer.withTruncation(truncation));
    this.#allocation = createPhaseAllocation({
      bytes: model.allocation,
      numEntries: numComponents,
      codewordLength,
      maxBits: model.maxPhaseBits,
    });
    this.#drift = model.codewordStatistics && new CodewordDrift(model.codewordStatistics);
    this.#centred = new Int16Array(codewordLength);
    this.#latent = new Float32Array(maxBatchSize * codewordLength);
    this.#cell = new Float32Array(maxBatchSize * codewordLength);
    this.#uplink = new Float32Array(maxBatchSize * numComponents);
    this.#bits = new Uint8Array(maxBatchSize * numComponents);
    this.#estimate = new Float32Array(refine === undefined ? 0 : 2 * maxBatchSize * numEntries);
    this.#refinerBits = new Float32Array(refine === undefined ? 0 : maxBatchSize * numComponents);
  }

  /**
   * Decodes the first `count` reports of a batch and writes, for each, an estimate or what is wrong with it. A report
   * that cannot be decoded leaves the others as they are.
   */
  async decode(batch: BatchBuffers, count: number): Promise<void> {
    const rows: Row[] = [];
    for (let position = 0; position < count; position++) {
      const input = batch.read(position, this.#numEntries);
      const status = this.#prepare(rows.length, input);
      batch.setStatus(position, status);
      if (status === 'decoded') rows.push({ position, input });
    }
    if (rows.length === 0) return;
    const components = await this.#components(rows.length);
    if (this.#refine === undefined) this.#reconstruct(rows, components, batch);
    else await this.#reconstructRefined(rows, components, batch, this.#refine);
    for (const { position } of rows) {
      if (Number.isFinite(frobeniusNorm(batch.estimate(position, this.#numEntries)))) continue;
      batch.setStatus(position, 'estimate');
    }
  }

  /** How far the codewords are from those of the training set, in nats, where that can be told. */
  get codewordDrift(): number | undefined {
    return this.#drift?.nats;
  }

  /** Runs the networks on a batch of zeros, so that the first report does not pay for their start. */
  async warmUp(count: number): Promise<void> {
    const components = await this.#components(count);
    if (this.#refine !== undefined) await this.#refined(this.#refine, count, components);
  }

  /** Fills one row of the network's inputs. */
  #prepare(row: number, input: DecoderInput): ReportStatus {
    const quantizer = this.#quantizers[input.truncation] as Quantizer;
    const codeword = unlessMalformed(() => quantizer.unpack(input.codeword));
    if (codeword === undefined) return 'codeword';
    quantizer.centredInto(this.#centred, codeword);
    const bits = this.#allocation.allocateInto(this.#sample(this.#bits, row), this.#centred, input.theta);
    if (bits !== input.phaseBits) return 'phase';
    const { length } = quantizer;
    const latent = this.#latent.subarray(row * length, (row + 1) * length);
    quantizer.dequantizeInto(latent, codeword);
    this.#drift?.add(latent);
    quantizer.cellInto(this.#cell.subarray(row * length, (row + 1) * length));
    this.#uplinkInto(this.#sample(this.#uplink, row), input.uplink);
    return 'decoded';
  }

  /** Runs the decoder on the first rows. @returns components relative to the norm, `[count][numComponents]` */
  async #components(count: number): Promise<Float32Array> {
    const { tensor, numComponents } = this.#representation;
    const length = this.#model.codewordBits.length;
    const inputs = {
      latent: { values: this.#latent.subarray(0, count * length), dims: [count, length] },
      cell: { values: this.#cell.subarray(0, count * length), dims: [count, length] },
      uplink: { values: this.#uplink.subarray(0, count * numComponents), dims: [count, ...tensor.dims] },
    };
    const output = await this.#decoder.run(inputs, tensor.name);
    this.#assertLength(tensor.name, output, count * numComponents);
    this.#representation.denormalize(output);
    return output;
  }

  #reconstruct(rows: readonly Row[], components: Float32Array, batch: BatchBuffers): void {
    rows.forEach(({ position, input }, row) => {
      const out = batch.estimate(position, this.#numEntries);
      if (!this.#addPhase(out, row, components, input, this.#norm(input))) batch.setStatus(position, 'phase');
    });
  }

  async #reconstructRefined(
    rows: readonly Row[],
    magnitude: Float32Array,
    batch: BatchBuffers,
    refine: Refine,
  ): Promise<void> {
    const n = this.#numEntries;
    rows.forEach(({ position, input }, row) => {
      const out = this.#estimate.subarray(2 * row * n, 2 * (row + 1) * n);
      if (!this.#addPhase(out, row, magnitude, input, 1)) batch.setStatus(position, 'phase');
    });
    const refined = await this.#refined(refine, rows.length, magnitude);
    rows.forEach(({ position, input }, row) => {
      const norm = this.#norm(input);
      const out = batch.estimate(position, n);
      for (let k = 0; k < 2 * n; k++) out[k] = norm * (refined[2 * row * n + k] as number);
    });
  }

  /** @returns false where the phase bits are malformed */
  #addPhase(out: Float32Array, row: number, components: Float32Array, input: DecoderInput, norm: number): boolean {
    const bits = this.#sample(this.#bits, row);
    const report = { components: this.#sample(components, row), bits, phase: input.phase, norm };
    const done = unlessMalformed(() => {
      this.#representation.reconstructInto(out, report);
      return true;
    });
    return done ?? false;
  }

  async #refined(refine: Refine, count: number, magnitude: Float32Array): Promise<Float32Array> {
    const n = this.#numEntries;
    for (let k = 0; k < count * n; k++) this.#refinerBits[k] = this.#bits[k] as number;
    const refined = await refine({
      count,
      shape: this.#model.representation,
      estimate: this.#estimate.subarray(0, 2 * count * n),
      magnitude,
      bits: this.#refinerBits.subarray(0, count * n),
      uplink: this.#uplink.subarray(0, count * n),
    });
    this.#assertLength('csi', refined, 2 * count * n);
    return refined;
  }

  /** @throws CsiError `model-invalid` where a network's output is not of the shape its manifest says. */
  #assertLength(name: string, { length }: Float32Array, expected: number): void {
    if (length === expected) return;
    throw new CsiError('model-invalid', `${this.#model.key}: ${name} has ${length} values, expected ${expected}`);
  }

  #norm(input: DecoderInput): number {
    return this.#representation.dequantizeNorm({ domain: 'scale', level: input.scaleLevel });
  }

  /** One row of values by component. */
  #sample<A extends Float32Array | Uint8Array>(values: A, row: number): A {
    const { numComponents } = this.#representation;
    return values.subarray(row * numComponents, (row + 1) * numComponents) as A;
  }
}

/** What `read` returns, or undefined where the payload it reads is malformed. */
function unlessMalformed<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof CsiError && error.code === 'payload-invalid') return undefined;
    throw error;
  }
}
