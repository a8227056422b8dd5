import { frobeniusNorm } from '../../csi.ts';
import { CsiError } from '../../errors.ts';
import { createUplinkInput, type UplinkInput } from '../../uplink/input.ts';
import type { BsCodec, DecodeRow, Network, Networks, Rate, RowDecoder, RowStatus } from '../codec.ts';
import { CodewordDrift } from '../codeword-drift.ts';
import { type DualnetSpec, dualnetKnobs } from './dualnet.ts';
import { createDualnet, type Dualnet } from './parts.ts';
import { type DualnetRecord, DualnetRecords } from './record.ts';

/** The BS's end of the codec. */
export function createDualnetBs(spec: DualnetSpec): BsCodec {
  const dualnet = createDualnet(spec);
  const records = new DualnetRecords(dualnet, spec.phase.theta);
  const { numAntennas, numDelays } = dualnet.representation;
  const refiner = { name: 'refiner', input: 'estimate', optional: true };
  return {
    kind: spec.kind,
    shape: { numAntennas, numDelays },
    knobs: dualnetKnobs(spec),
    networks: [{ name: 'decoder', input: 'latent' }, ...(spec.hasRefiner ? [refiner] : [])],
    sweep: sweepOf(spec),
    usesUplink: spec.usesUplink ?? true,
    maxPayloadBytes: records.maxPayloadBytes,
    maxRecordBytes: records.maxRecordBytes,
    receive: (payload, rate) => records.pack(payload, rate),
    createDecoder: (networks, maxBatchSize) => {
      const drift = spec.codeword.statistics && new CodewordDrift(spec.codeword.statistics);
      return new DualnetDecoder(spec.id, dualnet, records, networks, drift, maxBatchSize);
    },
  };
}

const truncations = [0, 1, 2];
/** Steps of theta around the model's own, in octaves. */
const thetaOctaves = [-2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 3];

function sweepOf({ phase }: DualnetSpec): Rate[] {
  return truncations.flatMap((codewordTruncation) =>
    thetaOctaves.map((octaves) => ({
      codewordTruncation,
      phaseTheta: Math.max(1, Math.round(phase.theta * 2 ** octaves)),
    })),
  );
}

/** A row of the networks' batch: where it stands in the caller's batch, and its record. */
interface Prepared {
  readonly position: number;
  readonly record: DualnetRecord;
}

class DualnetDecoder implements RowDecoder {
  readonly #id: string;
  readonly #dualnet: Dualnet;
  readonly #records: DualnetRecords;
  readonly #decoder: Network;
  readonly #refiner: Network | undefined;
  readonly #drift: CodewordDrift | undefined;
  readonly #uplinkInto: UplinkInput;
  /** Complex entries of one sample. */
  readonly #numEntries: number;
  readonly #centred: Int16Array;
  readonly #latent: Float32Array;
  readonly #cell: Float32Array;
  readonly #uplink: Float32Array;
  readonly #bits: Uint8Array;
  /** Estimates of norm 1, `[count][2][numEntries]`. */
  readonly #estimate: Float32Array;
  readonly #refinerBits: Float32Array;

  constructor(
    id: string,
    dualnet: Dualnet,
    records: DualnetRecords,
    { decoder, refiner }: Networks,
    drift: CodewordDrift | undefined,
    maxBatchSize: number,
  ) {
    const { numAntennas, numDelays, numComponents } = dualnet.representation;
    const { length } = dualnet.quantizer;
    this.#id = id;
    this.#dualnet = dualnet;
    this.#records = records;
    this.#decoder = decoder as Network;
    this.#refiner = refiner;
    this.#drift = drift;
    this.#uplinkInto = createUplinkInput(dualnet.representation);
    this.#numEntries = numAntennas * numDelays;
    this.#centred = new Int16Array(length);
    this.#latent = new Float32Array(maxBatchSize * length);
    this.#cell = new Float32Array(maxBatchSize * length);
    this.#uplink = new Float32Array(maxBatchSize * numComponents);
    this.#bits = new Uint8Array(maxBatchSize * numComponents);
    this.#estimate = new Float32Array(refiner === undefined ? 0 : 2 * maxBatchSize * this.#numEntries);
    this.#refinerBits = new Float32Array(refiner === undefined ? 0 : maxBatchSize * numComponents);
  }

  get drift(): number | undefined {
    return this.#drift?.nats;
  }

  async decode(rows: readonly DecodeRow[]): Promise<RowStatus[]> {
    const prepared: Prepared[] = [];
    const statuses = rows.map((row, position): RowStatus => {
      const record = this.#prepare(prepared.length, row);
      if (typeof record === 'string') return record;
      prepared.push({ position, record });
      return 'decoded';
    });
    if (prepared.length === 0) return statuses;
    const components = await this.#components(prepared.length);
    if (this.#refiner === undefined) this.#reconstruct(prepared, components, rows, statuses);
    else await this.#reconstructRefined(prepared, components, rows, statuses);
    for (const { position } of prepared) {
      const { estimate } = rows[position] as DecodeRow;
      if (!Number.isFinite(frobeniusNorm(estimate))) statuses[position] = 'estimate';
    }
    return statuses;
  }

  async warmUp(count: number): Promise<void> {
    const components = await this.#components(count);
    if (this.#refiner !== undefined) await this.#refined(this.#refiner, count, components);
  }

  /** Fills one row of the networks' inputs. @returns its record, or what is wrong with it */
  #prepare(row: number, { record: bytes, uplink }: DecodeRow): DualnetRecord | 'codeword' | 'phase' {
    const record = this.#records.read(bytes);
    if (record === undefined) return 'codeword';
    const { quantizer, theta, phaseBits } = record;
    const codeword = unlessMalformed(() => quantizer.unpack(record.codeword));
    if (codeword === undefined) return 'codeword';
    quantizer.centredInto(this.#centred, codeword);
    const bits = this.#dualnet.allocation.allocateInto(this.#sample(this.#bits, row), this.#centred, theta);
    if (bits !== phaseBits) return 'phase';
    const { length } = quantizer;
    const latent = this.#latent.subarray(row * length, (row + 1) * length);
    quantizer.dequantizeInto(latent, codeword);
    this.#drift?.add(latent);
    quantizer.cellInto(this.#cell.subarray(row * length, (row + 1) * length));
    this.#uplinkInto(this.#sample(this.#uplink, row), uplink);
    return record;
  }

  /** Runs the decoder on the first rows. @returns components relative to the norm, `[count][numComponents]` */
  async #components(count: number): Promise<Float32Array> {
    const { representation, quantizer } = this.#dualnet;
    const { tensor, numComponents } = representation;
    const { length } = quantizer;
    const inputs = {
      latent: { values: this.#latent.subarray(0, count * length), dims: [count, length] },
      cell: { values: this.#cell.subarray(0, count * length), dims: [count, length] },
      uplink: { values: this.#uplink.subarray(0, count * numComponents), dims: [count, ...tensor.dims] },
    };
    const output = await this.#decoder.run(inputs, tensor.name);
    this.#assertLength(tensor.name, output, count * numComponents);
    representation.denormalize(output);
    return output;
  }

  #reconstruct(
    prepared: Prepared[],
    components: Float32Array,
    rows: readonly DecodeRow[],
    statuses: RowStatus[],
  ): void {
    for (const [row, { position, record }] of prepared.entries()) {
      const { estimate } = rows[position] as DecodeRow;
      if (!this.#addPhase(estimate, row, components, record, this.#norm(record))) statuses[position] = 'phase';
    }
  }

  async #reconstructRefined(
    prepared: Prepared[],
    magnitude: Float32Array,
    rows: readonly DecodeRow[],
    statuses: RowStatus[],
  ): Promise<void> {
    const n = this.#numEntries;
    for (const [row, { position, record }] of prepared.entries()) {
      const out = this.#estimate.subarray(2 * row * n, 2 * (row + 1) * n);
      if (!this.#addPhase(out, row, magnitude, record, 1)) statuses[position] = 'phase';
    }
    const refined = await this.#refined(this.#refiner as Network, prepared.length, magnitude);
    for (const [row, { position, record }] of prepared.entries()) {
      const norm = this.#norm(record);
      const { estimate } = rows[position] as DecodeRow;
      for (let k = 0; k < 2 * n; k++) estimate[k] = norm * (refined[2 * row * n + k] as number);
    }
  }

  /** @returns false where the phase bits are malformed */
  #addPhase(out: Float32Array, row: number, components: Float32Array, record: DualnetRecord, norm: number): boolean {
    const bits = this.#sample(this.#bits, row);
    const report = { components: this.#sample(components, row), bits, phase: record.phase, norm };
    const done = unlessMalformed(() => {
      this.#dualnet.representation.reconstructInto(out, report);
      return true;
    });
    return done ?? false;
  }

  /** Corrects complex CSI after its phases are dequantised and before the norm is applied: `[count][2][Nt][Nd]`. */
  async #refined(refiner: Network, count: number, magnitude: Float32Array): Promise<Float32Array> {
    const n = this.#numEntries;
    const { tensor } = this.#dualnet.representation;
    for (let k = 0; k < count * n; k++) this.#refinerBits[k] = this.#bits[k] as number;
    const dims = [count, ...tensor.dims];
    const inputs = {
      estimate: { values: this.#estimate.subarray(0, 2 * count * n), dims: [count, 2, ...tensor.dims] },
      magnitude: { values: magnitude, dims },
      bits: { values: this.#refinerBits.subarray(0, count * n), dims },
      uplink: { values: this.#uplink.subarray(0, count * n), dims },
    };
    const refined = await refiner.run(inputs, 'csi');
    this.#assertLength('csi', refined, 2 * count * n);
    return refined;
  }

  /** @throws CsiError `model-invalid` where a network's output is not of the shape its manifest says. */
  #assertLength(name: string, { length }: Float32Array, expected: number): void {
    if (length === expected) return;
    throw new CsiError('model-invalid', `${this.#id}: ${name} has ${length} values, expected ${expected}`);
  }

  #norm({ scaleLevel }: DualnetRecord): number {
    return this.#dualnet.representation.dequantizeNorm({ domain: 'scale', level: scaleLevel });
  }

  /** One row of values by component. */
  #sample<A extends Float32Array | Uint8Array>(values: A, row: number): A {
    const { numComponents } = this.#dualnet.representation;
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
