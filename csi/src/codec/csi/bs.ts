import { CsiError } from '../../errors.ts';
import { createUplinkInput } from '../../uplink/input.ts';
import type { BsCodec, DecodeRow, Network, RowDecoder, RowStatus } from '../codec.ts';
import { CodewordDrift } from '../codeword-drift.ts';
import { createQuantizer, type Quantizer } from '../quantizer.ts';
import { type ComplexSpec, complexKnobs } from './csi.ts';
import { createPlanes, isFiniteCsi } from './planes.ts';

// u8 truncation, u8 0, u16 scale, little endian; then the codeword.
const headerBytes = 4;
const truncations = [0, 1, 2, 3, 4];

/** The BS's end of the codec: dequantise the codeword, decode, denormalise. */
export function createComplexBs(spec: ComplexSpec): BsCodec {
  const { scaleBits } = createPlanes(spec.shape, spec.normalization);
  const quantizers = quantizersOf(spec);
  const { totalBits } = quantizers[0] as Quantizer;
  const maxPayloadBytes = Math.ceil(totalBits / 8);
  return {
    kind: spec.kind,
    shape: spec.shape,
    knobs: complexKnobs(),
    networks: [{ name: 'decoder', input: spec.tensors.decoder.codeword }],
    sweep: truncations.map((codewordTruncation) => ({ codewordTruncation })),
    usesUplink: spec.tensors.decoder.uplink !== undefined,
    maxPayloadBytes,
    maxRecordBytes: headerBytes + maxPayloadBytes,
    receive: ({ codeword, scale, phase, payloadBits }, { codewordTruncation = 0 }) => {
      const bits = (quantizers[codewordTruncation] as Quantizer).totalBits;
      const bytes = Math.ceil(bits / 8);
      if (codeword.length !== bytes) throw wrong('codeword', codeword.length, `${bytes} bytes for ${bits} bits`);
      if (scale >= 2 ** scaleBits) throw wrong('scale', scale, `${scaleBits} bits`);
      if (phase.length > 0) throw wrong('phase', phase.length, '0 bytes: the codeword has them');
      if (payloadBits !== bits + scaleBits) throw wrong('payloadBits', payloadBits, `${bits + scaleBits}`);
      const record = new Uint8Array(headerBytes + bytes);
      record[0] = codewordTruncation;
      new DataView(record.buffer).setUint16(2, scale, true);
      record.set(codeword, headerBytes);
      return record;
    },
    createDecoder: ({ decoder }, maxBatchSize) => new ComplexDecoder(spec, decoder as Network, maxBatchSize),
  };
}

/** By truncation. */
function quantizersOf({ codeword: { bits, step } }: ComplexSpec): Quantizer[] {
  const full = createQuantizer(bits, step);
  return Array.from({ length: 8 }, (_, truncation) => full.withTruncation(truncation));
}

class ComplexDecoder implements RowDecoder {
  readonly #spec: ComplexSpec;
  readonly #network: Network;
  readonly #planes: ReturnType<typeof createPlanes>;
  readonly #quantizers: readonly Quantizer[];
  readonly #drift: CodewordDrift | undefined;
  readonly #uplinkInto: ReturnType<typeof createUplinkInput>;
  readonly #codeword: Float32Array;
  readonly #uplink: Float32Array;

  constructor(spec: ComplexSpec, network: Network, maxBatchSize: number) {
    this.#spec = spec;
    this.#network = network;
    this.#planes = createPlanes(spec.shape, spec.normalization);
    this.#quantizers = quantizersOf(spec);
    this.#drift = spec.codeword.statistics && new CodewordDrift(spec.codeword.statistics);
    this.#uplinkInto = createUplinkInput(this.#planes);
    const takesUplink = spec.tensors.decoder.uplink !== undefined;
    this.#codeword = new Float32Array(maxBatchSize * spec.codeword.bits.length);
    this.#uplink = new Float32Array(takesUplink ? maxBatchSize * this.#planes.numComponents : 0);
  }

  get drift(): number | undefined {
    return this.#drift?.nats;
  }

  async decode(rows: readonly DecodeRow[]): Promise<RowStatus[]> {
    const prepared: { readonly position: number; readonly norm: number }[] = [];
    const statuses = rows.map((row, position): RowStatus => {
      const norm = this.#prepare(prepared.length, row);
      if (norm === undefined) return 'codeword';
      prepared.push({ position, norm });
      return 'decoded';
    });
    if (prepared.length === 0) return statuses;
    const output = await this.#run(prepared.length);
    const { numComponents } = this.#planes;
    for (const [i, { position, norm }] of prepared.entries()) {
      const { estimate } = rows[position] as DecodeRow;
      this.#planes.denormalizeInto(estimate, output.subarray(i * numComponents, (i + 1) * numComponents), norm);
      if (!isFiniteCsi(estimate)) statuses[position] = 'estimate';
    }
    return statuses;
  }

  async warmUp(count: number): Promise<void> {
    await this.#run(count);
  }

  /** Fills one row of the network's inputs. @returns the report's norm; undefined where the record is none */
  #prepare(row: number, { record, uplink }: DecodeRow): number | undefined {
    if (record.length < headerBytes) return undefined;
    const quantizer = this.#quantizers[record[0] as number];
    if (quantizer === undefined) return undefined;
    const codeword = this.#codeword.subarray(row * quantizer.length, (row + 1) * quantizer.length);
    const level = new DataView(record.buffer, record.byteOffset).getUint16(2, true);
    try {
      quantizer.dequantizeInto(codeword, quantizer.unpack(record.subarray(headerBytes)));
      const { offset } = this.#spec.codeword;
      for (let i = 0; i < codeword.length; i++) codeword[i] = (codeword[i] as number) + (offset[i] as number);
      const norm = this.#planes.dequantizeNorm(level);
      this.#drift?.add(codeword);
      const { numComponents } = this.#planes;
      if (this.#uplink.length > 0) {
        this.#uplinkInto(this.#uplink.subarray(row * numComponents, (row + 1) * numComponents), uplink);
      }
      return norm;
    } catch (error) {
      if (error instanceof CsiError && error.code === 'payload-invalid') return undefined;
      throw error;
    }
  }

  /** Runs the decoder on the first rows. @returns `[count][numComponents]` */
  async #run(count: number): Promise<Float32Array> {
    const { id, tensors, codeword } = this.#spec;
    const { length } = codeword.bits;
    const { dims, numComponents } = this.#planes;
    const { uplink, csi } = tensors.decoder;
    const inputs = {
      [tensors.decoder.codeword]: { values: this.#codeword.subarray(0, count * length), dims: [count, length] },
      ...(uplink !== undefined && {
        [uplink]: { values: this.#uplink.subarray(0, count * numComponents), dims: [count, ...dims] },
      }),
    };
    const output = await this.#network.run(inputs, csi);
    if (output.length === count * numComponents) return output;
    throw new CsiError('model-invalid', `${id}: ${csi} has ${output.length} values, expected ${count * numComponents}`);
  }
}

function wrong(field: string, found: number, expected: string): CsiError {
  return new CsiError('payload-invalid', `${field}: ${found}, expected ${expected}`);
}
