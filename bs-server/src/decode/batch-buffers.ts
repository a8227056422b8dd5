import { type DecodeRow, type RowStatus, rowStatuses } from '@edge-csi/csi';
import type { BatchLayout } from './batch-layout.ts';

/** Uplink CSI as a decoder takes it: floats, or, as they come over a wire, the bytes of little-endian float32. */
export type UplinkValues = Float32Array | Uint8Array;

const fields = ['recordBytes', 'hasUplink', 'status'] as const;
const column = Object.fromEntries(fields.map((name, i) => [name, i])) as Record<(typeof fields)[number], number>;

/**
 * One batch in memory that the server's thread and a decode worker share: the server's thread writes the records of
 * reports, the worker writes estimates and statuses. Nothing guards it but the order of messages: it belongs to whoever
 * was last told of it.
 */
export class BatchBuffers {
  readonly layout: BatchLayout;
  readonly memory: SharedArrayBuffer;
  readonly #header: Int32Array;
  readonly #uplink: Float32Array;
  readonly #uplinkBytes: Uint8Array;
  readonly #estimate: Float32Array;
  readonly #record: Uint8Array;

  /** @param memory - memory made by another BatchBuffers of the same layout; new memory where absent */
  constructor(layout: BatchLayout, memory?: SharedArrayBuffer) {
    const { maxBatchSize: n, maxEntries, maxRecordBytes } = layout;
    const headerBytes = 4 * n * fields.length;
    const planeBytes = 4 * n * 2 * maxEntries;
    const recordsAt = headerBytes + 2 * planeBytes;
    this.memory = memory ?? new SharedArrayBuffer(recordsAt + n * maxRecordBytes);
    this.layout = layout;
    this.#header = new Int32Array(this.memory, 0, n * fields.length);
    this.#uplink = new Float32Array(this.memory, headerBytes, n * 2 * maxEntries);
    this.#uplinkBytes = new Uint8Array(this.memory, headerBytes, planeBytes);
    this.#estimate = new Float32Array(this.memory, headerBytes + planeBytes, n * 2 * maxEntries);
    this.#record = new Uint8Array(this.memory, recordsAt, n * maxRecordBytes);
  }

  /**
   * Writes row `i` of the batch.
   *
   * @param record - what the codec made of the report; empty where an uplink is decoded alone
   * @param uplink - planar `[2][numEntries]`, as floats or as the bytes of little-endian float32
   * @throws RangeError where a part is larger than the layout.
   */
  write(i: number, record: Uint8Array, uplink: UplinkValues | undefined): void {
    const { maxBatchSize, maxRecordBytes, maxEntries } = this.layout;
    if (i >= maxBatchSize) throw new RangeError(`report ${i} does not fit a batch of ${maxBatchSize}`);
    if (record.length > maxRecordBytes) {
      throw new RangeError(`record has ${record.length} bytes, at most ${maxRecordBytes} fit`);
    }
    if (uplink !== undefined && uplink.byteLength > 8 * maxEntries) {
      throw new RangeError(`uplink has ${uplink.byteLength / 4} values, at most ${2 * maxEntries} fit`);
    }
    const row = i * fields.length;
    this.#header[row + column.recordBytes] = record.length;
    this.#header[row + column.hasUplink] = uplink === undefined ? 0 : 1;
    this.#header[row + column.status] = 0;
    this.#record.set(record, i * maxRecordBytes);
    if (uplink instanceof Float32Array) this.#uplink.set(uplink, i * 2 * maxEntries);
    else if (uplink !== undefined) this.#uplinkBytes.set(uplink, i * 8 * maxEntries);
  }

  /** The first rows as written, for a decoder: views. `numEntries` is that of the batch's model. */
  rows(count: number, numEntries: number): DecodeRow[] {
    const { maxRecordBytes, maxEntries } = this.layout;
    return Array.from({ length: count }, (_, i) => {
      const recordAt = i * maxRecordBytes;
      const uplinkAt = i * 2 * maxEntries;
      const row = i * fields.length;
      const recordBytes = this.#header[row + column.recordBytes] as number;
      const hasUplink = this.#header[row + column.hasUplink] === 1;
      return {
        record: this.#record.subarray(recordAt, recordAt + recordBytes),
        uplink: hasUplink ? this.#uplink.subarray(uplinkAt, uplinkAt + 2 * numEntries) : undefined,
        estimate: this.estimate(i, numEntries),
      };
    });
  }

  /** Where the estimate of row `i` goes, planar `[2][numEntries]`. A view. */
  estimate(i: number, numEntries: number): Float32Array {
    const at = i * 2 * this.layout.maxEntries;
    return this.#estimate.subarray(at, at + 2 * numEntries);
  }

  /** Notes what became of row i. */
  setStatus(i: number, status: RowStatus): void {
    this.#header[i * fields.length + column.status] = rowStatuses.indexOf(status);
  }

  /** What became of row i. */
  status(i: number): RowStatus {
    return rowStatuses[this.#header[i * fields.length + column.status] as number] ?? 'estimate';
  }
}
