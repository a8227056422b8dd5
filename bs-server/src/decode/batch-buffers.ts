import type { BatchLayout } from './batch-layout.ts';

/** What the decoder made of one report. `decoded` is 0, so a cleared buffer says so. */
const reportStatuses = ['decoded', 'codeword', 'phase', 'estimate'] as const;
export type ReportStatus = (typeof reportStatuses)[number];

/** The part of a report that the decoder works on. */
export interface ReportPayload {
  readonly codeword: Uint8Array;
  readonly truncation: number;
  readonly theta: number;
  /** Packed phase codes, or signs. */
  readonly phase: Uint8Array;
  /** Bits in `phase` as the report states them. */
  readonly phaseBits: number;
  readonly scaleLevel: number;
}

/** A report with its uplink CSI, planar `[2][numEntries]`, where there is any. */
export interface DecoderInput extends ReportPayload {
  readonly uplink: Float32Array | undefined;
}

/** Uplink CSI as a decoder takes it: floats, or, as they come over a wire, the bytes of little-endian float32. */
export type UplinkValues = Float32Array | Uint8Array;

/** What stands in the place of a report where an uplink is decoded alone. */
export const noReport: ReportPayload = {
  codeword: new Uint8Array(),
  truncation: 0,
  theta: 0,
  phase: new Uint8Array(),
  phaseBits: 0,
  scaleLevel: 0,
};

const fields = ['codewordBytes', 'truncation', 'theta', 'phaseBits', 'scaleLevel', 'hasUplink', 'status'] as const;
const column = Object.fromEntries(fields.map((name, i) => [name, i])) as Record<(typeof fields)[number], number>;

/**
 * One batch in memory that the server's thread and a decode worker share: the server's thread writes reports, the
 * worker writes estimates and statuses. Nothing guards it but the order of messages: it belongs to whoever was last
 * told of it.
 */
export class BatchBuffers {
  readonly layout: BatchLayout;
  readonly memory: SharedArrayBuffer;
  readonly #header: Int32Array;
  readonly #uplink: Float32Array;
  readonly #uplinkBytes: Uint8Array;
  readonly #estimate: Float32Array;
  readonly #codeword: Uint8Array;
  readonly #phase: Uint8Array;

  /** @param memory - memory made by another BatchBuffers of the same layout; new memory where absent */
  constructor(layout: BatchLayout, memory?: SharedArrayBuffer) {
    const { maxBatchSize: n, maxEntries, maxCodewordBytes, maxPhaseBytes } = layout;
    const headerBytes = 4 * n * fields.length;
    const planeBytes = 4 * n * 2 * maxEntries;
    const codewordAt = headerBytes + 2 * planeBytes;
    const phaseAt = codewordAt + n * maxCodewordBytes;
    this.memory = memory ?? new SharedArrayBuffer(phaseAt + n * maxPhaseBytes);
    this.layout = layout;
    this.#header = new Int32Array(this.memory, 0, n * fields.length);
    this.#uplink = new Float32Array(this.memory, headerBytes, n * 2 * maxEntries);
    this.#uplinkBytes = new Uint8Array(this.memory, headerBytes, planeBytes);
    this.#estimate = new Float32Array(this.memory, headerBytes + planeBytes, n * 2 * maxEntries);
    this.#codeword = new Uint8Array(this.memory, codewordAt, n * maxCodewordBytes);
    this.#phase = new Uint8Array(this.memory, phaseAt, n * maxPhaseBytes);
  }

  /**
   * Writes report `i` of the batch.
   *
   * @param uplink - planar `[2][numEntries]`, as floats or as the bytes of little-endian float32
   * @throws RangeError where a part is larger than the layout.
   */
  write(i: number, report: ReportPayload, uplink: UplinkValues | undefined): void {
    const { maxBatchSize, maxCodewordBytes, maxPhaseBytes, maxEntries } = this.layout;
    if (i >= maxBatchSize) throw new RangeError(`report ${i} does not fit a batch of ${maxBatchSize}`);
    if (report.codeword.length > maxCodewordBytes || report.phase.length > maxPhaseBytes) {
      const most = `${maxCodewordBytes} and ${maxPhaseBytes}`;
      throw new RangeError(
        `codeword has ${report.codeword.length} bytes and phase ${report.phase.length}, at most ${most} fit`,
      );
    }
    if (uplink !== undefined && uplink.byteLength > 8 * maxEntries) {
      throw new RangeError(`uplink has ${uplink.byteLength / 4} values, at most ${2 * maxEntries} fit`);
    }
    const row = i * fields.length;
    this.#header[row + column.codewordBytes] = report.codeword.length;
    this.#header[row + column.truncation] = report.truncation;
    this.#header[row + column.theta] = report.theta;
    this.#header[row + column.phaseBits] = report.phaseBits;
    this.#header[row + column.scaleLevel] = report.scaleLevel;
    this.#header[row + column.hasUplink] = uplink === undefined ? 0 : 1;
    this.#header[row + column.status] = 0;
    this.#codeword.set(report.codeword, i * maxCodewordBytes);
    this.#phase.set(report.phase, i * maxPhaseBytes);
    if (uplink instanceof Float32Array) this.#uplink.set(uplink, i * 2 * maxEntries);
    else if (uplink !== undefined) this.#uplinkBytes.set(uplink, i * 8 * maxEntries);
  }

  /** Writes uplink `i` of a batch without reports. */
  writeUplink(i: number, uplink: UplinkValues): void {
    this.write(i, noReport, uplink);
  }

  /** Report `i` as written, its arrays being views. `numEntries` is that of the batch's model. */
  read(i: number, numEntries: number): DecoderInput {
    const { maxCodewordBytes, maxPhaseBytes, maxEntries } = this.layout;
    const field = (name: keyof typeof column) => this.#header[i * fields.length + column[name]] as number;
    const phaseBits = field('phaseBits');
    const codewordAt = i * maxCodewordBytes;
    const phaseAt = i * maxPhaseBytes;
    const uplinkAt = i * 2 * maxEntries;
    return {
      codeword: this.#codeword.subarray(codewordAt, codewordAt + field('codewordBytes')),
      truncation: field('truncation'),
      theta: field('theta'),
      phase: this.#phase.subarray(phaseAt, phaseAt + Math.ceil(phaseBits / 8)),
      phaseBits,
      scaleLevel: field('scaleLevel'),
      uplink: field('hasUplink') === 1 ? this.#uplink.subarray(uplinkAt, uplinkAt + 2 * numEntries) : undefined,
    };
  }

  /** Where the estimate of report `i` goes, planar `[2][numEntries]`. A view. */
  estimate(i: number, numEntries: number): Float32Array {
    const at = i * 2 * this.layout.maxEntries;
    return this.#estimate.subarray(at, at + 2 * numEntries);
  }

  /** Notes what became of report i. */
  setStatus(i: number, status: ReportStatus): void {
    this.#header[i * fields.length + column.status] = reportStatuses.indexOf(status);
  }

  /** What became of report i. */
  status(i: number): ReportStatus {
    return reportStatuses[this.#header[i * fields.length + column.status] as number] ?? 'estimate';
  }
}
