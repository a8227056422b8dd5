import {
  CsiError,
  createPhaseAllocation,
  createQuantizer,
  dequantizeScale,
  frobeniusNorm,
  type PhaseAllocation,
  type Quantizer,
  reconstructInto,
  uplinkMagnitudeInto,
} from '@edge-csi/csi';
import type { BatchBuffers, DecoderInput, ReportStatus } from './batch-buffers.ts';
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
  readonly #numEntries: number;
  /** By truncation. */
  readonly #quantizers: readonly Quantizer[];
  readonly #allocation: PhaseAllocation;
  readonly #centred: Int16Array;
  readonly #latent: Float32Array;
  readonly #uplink: Float32Array;
  readonly #bits: Uint8Array;
  readonly #estimate: Float32Array;
  readonly #refinerBits: Float32Array;

  constructor(model: DecoderModel, decoder: Graph, refine: Refine | undefined, maxBatchSize: number) {
    const codewordLength = model.codewordBits.length;
    const numEntries = model.numAntennas * model.numDelays;
    const quantizer = createQuantizer(model.codewordBits, model.codewordStep);
    this.#model = model;
    this.#decoder = decoder;
    this.#refine = refine;
    this.#numEntries = numEntries;
    this.#quantizers = Array.from({ length: 8 }, (_, truncation) => quantizer.withTruncation(truncation));
    this.#allocation = createPhaseAllocation({
      bytes: model.allocation,
      numEntries,
      codewordLength,
      maxBits: model.maxPhaseBits,
    });
    this.#centred = new Int16Array(codewordLength);
    this.#latent = new Float32Array(maxBatchSize * codewordLength);
    this.#uplink = new Float32Array(maxBatchSize * numEntries);
    this.#bits = new Uint8Array(maxBatchSize * numEntries);
    this.#estimate = new Float32Array(refine === undefined ? 0 : 2 * maxBatchSize * numEntries);
    this.#refinerBits = new Float32Array(refine === undefined ? 0 : maxBatchSize * numEntries);
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
    const magnitude = await this.#magnitude(rows.length);
    if (this.#refine === undefined) this.#reconstruct(rows, magnitude, batch);
    else await this.#reconstructRefined(rows, magnitude, batch, this.#refine);
    for (const { position } of rows) {
      if (Number.isFinite(frobeniusNorm(batch.estimate(position, this.#numEntries)))) continue;
      batch.setStatus(position, 'estimate');
    }
  }

  /** Runs the networks on a batch of zeros, so that the first report does not pay for their start. */
  async warmUp(count: number): Promise<void> {
    const magnitude = await this.#magnitude(count);
    if (this.#refine !== undefined) await this.#refined(this.#refine, count, magnitude);
  }

  /** Fills one row of the network's inputs. */
  #prepare(row: number, input: DecoderInput): ReportStatus {
    const quantizer = this.#quantizers[input.truncation] as Quantizer;
    const codeword = unlessMalformed(() => quantizer.unpack(input.codeword));
    if (codeword === undefined) return 'codeword';
    quantizer.centredInto(this.#centred, codeword);
    const bits = this.#allocation.allocateInto(this.#entries(this.#bits, row), this.#centred, input.theta);
    if (bits !== input.phaseBits) return 'phase';
    quantizer.dequantizeInto(this.#latent.subarray(row * quantizer.length, (row + 1) * quantizer.length), codeword);
    const uplink = this.#entries(this.#uplink, row);
    if (input.uplink === undefined) uplink.fill(0);
    else uplinkMagnitudeInto(uplink, input.uplink);
    return 'decoded';
  }

  #magnitude(count: number): Promise<Float32Array> {
    const { numAntennas, numDelays, codewordBits } = this.#model;
    const length = codewordBits.length;
    const inputs = {
      latent: { values: this.#latent.subarray(0, count * length), dims: [count, length] },
      uplink: { values: this.#uplink.subarray(0, count * this.#numEntries), dims: [count, numAntennas, numDelays] },
    };
    return this.#decoder.run(inputs, 'magnitude');
  }

  #reconstruct(rows: readonly Row[], magnitude: Float32Array, batch: BatchBuffers): void {
    rows.forEach(({ position, input }, row) => {
      const out = batch.estimate(position, this.#numEntries);
      if (!this.#addPhase(out, row, magnitude, input, this.#norm(input))) batch.setStatus(position, 'phase');
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
  #addPhase(out: Float32Array, row: number, magnitude: Float32Array, input: DecoderInput, norm: number): boolean {
    const bits = this.#entries(this.#bits, row);
    const report = { magnitude: this.#entries(magnitude, row), bits, phase: input.phase, norm };
    const done = unlessMalformed(() => {
      reconstructInto(out, report);
      return true;
    });
    return done ?? false;
  }

  #refined(refine: Refine, count: number, magnitude: Float32Array): Promise<Float32Array> {
    const n = this.#numEntries;
    for (let k = 0; k < count * n; k++) this.#refinerBits[k] = this.#bits[k] as number;
    return refine({
      count,
      shape: this.#model,
      estimate: this.#estimate.subarray(0, 2 * count * n),
      magnitude,
      bits: this.#refinerBits.subarray(0, count * n),
      uplink: this.#uplink.subarray(0, count * n),
    });
  }

  #norm(input: DecoderInput): number {
    return dequantizeScale({ domain: 'scale', level: input.scaleLevel }, this.#model.scale);
  }

  #entries<A extends Float32Array | Uint8Array>(values: A, row: number): A {
    return values.subarray(row * this.#numEntries, (row + 1) * this.#numEntries) as A;
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
