import { CsiError } from '../../errors.ts';
import type { Rate, ReceivedPayload } from '../codec.ts';
import type { Quantizer } from '../quantizer.ts';
import type { Dualnet } from './parts.ts';
import { MAX_THETA } from './phase-allocation.ts';

/** A payload and its rate, as the decoder works on them. Byte arrays are views. */
export interface DualnetRecord {
  /** Of the payload's truncation. */
  readonly quantizer: Quantizer;
  readonly theta: number;
  readonly scaleLevel: number;
  readonly phaseBits: number;
  readonly codeword: Uint8Array;
  readonly phase: Uint8Array;
}

// u8 truncation, u8 0, u16 scale, u32 theta, u32 phase bits, little endian; then codeword and phase.
const headerBytes = 12;

/** Checks payloads and packs them into the records of batches, and reads those. */
export class DualnetRecords {
  /** Most bytes of codeword and phases together. */
  readonly maxPayloadBytes: number;
  readonly maxRecordBytes: number;
  /** Most phase or sign bits any codeword can ask for. */
  readonly #maxPhaseBits: number;
  readonly #scaleBits: number;
  /** By truncation. */
  readonly #quantizers: readonly Quantizer[];
  readonly #theta: number;

  /** @param theta - where a rate names none */
  constructor({ representation, quantizer, allocation }: Dualnet, theta: number) {
    this.#maxPhaseBits = allocation.numEntries * allocation.maxBits;
    this.#scaleBits = representation.scaleBits;
    this.#quantizers = Array.from({ length: 8 }, (_, truncation) => quantizer.withTruncation(truncation));
    this.#theta = theta;
    this.maxPayloadBytes = Math.ceil(quantizer.totalBits / 8) + Math.ceil(this.#maxPhaseBits / 8);
    this.maxRecordBytes = headerBytes + this.maxPayloadBytes;
  }

  /**
   * @throws CsiError `payload-invalid` naming a field of another length than the rate gives it. The exact length of the
   * phases follows from the codeword, and is checked where the record is decoded
   */
  pack({ codeword, scale, phase, payloadBits }: ReceivedPayload, rate: Rate): Uint8Array {
    const { codewordTruncation = 0, phaseTheta = this.#theta } = rate;
    const { totalBits } = this.#quantizers[codewordTruncation] as Quantizer;
    const codewordBytes = Math.ceil(totalBits / 8);
    if (codeword.length !== codewordBytes) {
      throw wrong('codeword', codeword.length, `${codewordBytes} bytes for ${totalBits} bits`);
    }
    if (scale >= 2 ** this.#scaleBits) throw wrong('scale', scale, `${this.#scaleBits} bits`);
    const fixed = totalBits + this.#scaleBits;
    const phaseBits = payloadBits - fixed;
    if (phaseBits < 0 || phaseBits > this.#maxPhaseBits) {
      throw wrong('payloadBits', payloadBits, `${fixed}..${fixed + this.#maxPhaseBits}`);
    }
    const phaseBytes = Math.ceil(phaseBits / 8);
    if (phase.length !== phaseBytes) {
      throw wrong('phase', phase.length, `${phaseBytes} bytes for the ${phaseBits} bits that payloadBits leaves`);
    }
    const record = new Uint8Array(headerBytes + codewordBytes + phaseBytes);
    const view = new DataView(record.buffer);
    view.setUint8(0, codewordTruncation);
    view.setUint16(2, scale, true);
    view.setUint32(4, phaseTheta, true);
    view.setUint32(8, phaseBits, true);
    record.set(codeword, headerBytes);
    record.set(phase, headerBytes + codewordBytes);
    return record;
  }

  /** Reads a record, whoever made it; undefined where it is none. */
  read(record: Uint8Array): DualnetRecord | undefined {
    if (record.length < headerBytes) return undefined;
    const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
    const quantizer = this.#quantizers[view.getUint8(0)];
    const theta = view.getUint32(4, true);
    if (quantizer === undefined || theta < 1 || theta > MAX_THETA) return undefined;
    const phaseAt = headerBytes + Math.ceil(quantizer.totalBits / 8);
    return {
      quantizer,
      theta,
      scaleLevel: view.getUint16(2, true),
      phaseBits: view.getUint32(8, true),
      codeword: record.subarray(headerBytes, phaseAt),
      phase: record.subarray(phaseAt),
    };
  }
}

function wrong(field: string, found: number, expected: string): CsiError {
  return new CsiError('payload-invalid', `${field}: ${found}, expected ${expected}`);
}
