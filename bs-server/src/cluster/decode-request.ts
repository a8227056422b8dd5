import { CsiError, type CsiShape } from '@edge-csi/csi';
import type { EstimateQuality } from '@edge-csi/proto';
import type { Decodable } from '../decode/batch-decoder.ts';
import type { BatchSizes } from '../decode/batch-layout.ts';
import type { WorkerModel } from '../decode/thread-port.ts';
import type { DecodeJob } from '../queue/decode-job.ts';

// The layout is described in docs/scale-out.md; little endian throughout.
const layoutVersion = 3;
const headerBytes = 20;
const jobBytes = 28;

/** In the order of their numbers in a job. */
const qualities = ['fresh', 'stale-uplink', 'no-uplink', 'uplink-only'] as const satisfies readonly EstimateQuality[];

/** A batch on its way to a worker. */
export interface DecodeRequest {
  /** Key of the model. */
  readonly model: string;
  readonly cell: string;
  readonly shape: CsiShape;
  /** Whether the answer is to hold the estimates: where nobody listens at the gateway, they need not go there. */
  readonly wantsEstimates: boolean;
  readonly jobs: readonly DecodeJob[];
}

/** One job of a request, as a worker reads it. Byte arrays are views on the message. */
export interface RequestedJob extends Decodable {
  readonly ueId: string;
  readonly epoch: number;
  readonly seq: number;
  readonly slot: number;
  /** Time left when the request was sent. */
  readonly remainingMs: number;
  /** Age of the CSI when the request was sent, as far as the gateway can tell. */
  readonly ageMs: number;
  readonly quality: (typeof qualities)[number];
  readonly payloadBits: number;
  /** Of float32, little endian. */
  readonly uplink: { readonly values: Uint8Array } | undefined;
}

export interface ReadRequest {
  readonly model: string;
  readonly cell: string;
  readonly shape: CsiShape;
  readonly wantsEstimates: boolean;
  readonly jobs: readonly RequestedJob[];
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** A cell and the id of a UE, which become tokens of a subject: as gateways check them. */
const cellPattern = /^[\w-]{1,64}$/;
const ueIdPattern = /^[\w.:-]{1,64}$/;

/**
 * Checks that a full batch of a model is no more than one message may hold; its answer is smaller.
 *
 * @throws CsiError `model-state` where it is.
 */
export function assertBatchFits(
  { key, sizes }: Pick<WorkerModel, 'key' | 'sizes'>,
  maxBatchSize: number,
  maxPayload: number,
): void {
  const { maxRecordBytes, maxEntries } = sizes;
  // Ids of UEs and cells have at most 64 bytes, keys of models 77.
  const perJob = jobBytes + 64 + maxRecordBytes + 8 * maxEntries;
  const fixedBytes = headerBytes + 77 + 64 + 3;
  const bytes = fixedBytes + maxBatchSize * perJob;
  if (bytes <= maxPayload) return;
  const problem = `${maxBatchSize} reports of ${key} take ${bytes} bytes, the broker's max_payload is ${maxPayload}`;
  const most = Math.floor((maxPayload - fixedBytes) / perJob);
  throw new CsiError('model-state', `${problem}; raise it, or have batches of ${most} at most`);
}

/**
 * Checks that a batch is one of its model: whatever it comes from, it must not write past a decoder's memory.
 *
 * @throws CsiError `payload-invalid`, saying what does not fit.
 */
export function assertRequestFits({ model, shape, jobs }: ReadRequest, sizes: BatchSizes): void {
  const { numAntennas, numDelays } = shape;
  if (numAntennas * numDelays !== sizes.maxEntries) throw invalid(`CSI of ${numAntennas} x ${numDelays} for ${model}`);
  for (const { ueId, quality, record, uplink } of jobs) {
    if (record.length > sizes.maxRecordBytes) throw invalid(`record of ${record.length} bytes for ${model}`);
    if (quality === 'uplink-only' && uplink === undefined) throw invalid(`no uplink of ${ueId} to decode alone`);
  }
}

/** Writes a batch: a head of fixed size for each job, then the bytes of all, then the uplinks. */
export function writeDecodeRequest(request: DecodeRequest, nowMs: number): Uint8Array {
  const { model, cell, shape, wantsEstimates, jobs } = request;
  const modelBytes = encoder.encode(model);
  const cellBytes = encoder.encode(cell);
  const ueIds = jobs.map(({ ueId }) => encoder.encode(ueId));
  const bytesAt = headerBytes + jobs.length * jobBytes;
  let end = bytesAt + modelBytes.length + cellBytes.length;
  let numUplinks = 0;
  for (const [i, { record, uplink }] of jobs.entries()) {
    end += (ueIds[i] as Uint8Array).length + record.length;
    if (uplink !== undefined) numUplinks++;
  }
  const uplinksAt = Math.ceil(end / 4) * 4;
  const uplinkBytes = 8 * shape.numAntennas * shape.numDelays;
  // Not filled with zeros first: all but the padding is written.
  const { buffer } = Buffer.allocUnsafeSlow(uplinksAt + numUplinks * uplinkBytes);
  const out = new Uint8Array(buffer);
  out.fill(0, end, uplinksAt);
  const view = new DataView(buffer);
  view.setUint8(0, layoutVersion);
  view.setUint8(1, wantsEstimates ? 1 : 0);
  view.setUint16(2, jobs.length, true);
  view.setUint16(4, shape.numAntennas, true);
  view.setUint16(6, shape.numDelays, true);
  view.setUint16(8, modelBytes.length, true);
  view.setUint16(10, cellBytes.length, true);
  view.setUint32(12, bytesAt, true);
  view.setUint32(16, uplinksAt, true);
  let at = bytesAt;
  const append = (bytes: Uint8Array) => {
    out.set(bytes, at);
    at += bytes.length;
  };
  append(modelBytes);
  append(cellBytes);
  let uplinkAt = uplinksAt;
  for (const [i, job] of jobs.entries()) {
    const { record, uplink } = job;
    const ueId = ueIds[i] as Uint8Array;
    writeJob(view, headerBytes + i * jobBytes, job, ueId.length, nowMs);
    append(ueId);
    append(record);
    if (uplink === undefined) continue;
    const { buffer: values, byteOffset, byteLength } = uplink.values;
    out.set(new Uint8Array(values, byteOffset, byteLength), uplinkAt);
    uplinkAt += uplinkBytes;
  }
  return out;
}

function writeJob(view: DataView, at: number, job: DecodeJob, ueIdBytes: number, nowMs: number): void {
  const { record, uplink, quality, deadlineMs, arrivalAgeMs, receivedMs } = job;
  view.setUint32(at, microseconds(deadlineMs - nowMs), true);
  view.setUint32(at + 4, microseconds(arrivalAgeMs + nowMs - receivedMs), true);
  view.setUint32(at + 8, job.epoch, true);
  view.setUint32(at + 12, job.seq, true);
  view.setUint32(at + 16, job.slot, true);
  view.setUint32(at + 20, job.payloadBits, true);
  view.setUint16(at + 24, record.length, true);
  view.setUint8(at + 26, ueIdBytes);
  view.setUint8(at + 27, (uplink === undefined ? 0 : 1) | (qualities.indexOf(quality) << 1));
}

/**
 * Reads a batch and checks that it is whole.
 *
 * @throws CsiError `payload-invalid`, saying what does not fit.
 */
export function readDecodeRequest(bytes: Uint8Array): ReadRequest {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < headerBytes) throw invalid(`${bytes.length} bytes are no header`);
  if (view.getUint8(0) !== layoutVersion) throw invalid(`layout ${view.getUint8(0)}, expected ${layoutVersion}`);
  const count = view.getUint16(2, true);
  const shape = { numAntennas: view.getUint16(4, true), numDelays: view.getUint16(6, true) };
  const bytesAt = view.getUint32(12, true);
  const uplinksAt = view.getUint32(16, true);
  const uplinkBytes = 8 * shape.numAntennas * shape.numDelays;
  if (count === 0 || bytesAt !== headerBytes + count * jobBytes || bytesAt > bytes.length) {
    throw invalid(`${count} jobs in ${bytes.length} bytes`);
  }
  let at = bytesAt;
  let uplinkAt = uplinksAt;
  const take = (length: number) => {
    if (at + length > Math.min(uplinksAt, bytes.length)) throw invalid('its bytes end early');
    at += length;
    return bytes.subarray(at - length, at);
  };
  const takeUplink = () => {
    if (uplinkAt + uplinkBytes > bytes.length) throw invalid('its uplinks end early');
    uplinkAt += uplinkBytes;
    return bytes.subarray(uplinkAt - uplinkBytes, uplinkAt);
  };
  const model = decoder.decode(take(view.getUint16(8, true)));
  const cell = decoder.decode(take(view.getUint16(10, true)));
  if (!cellPattern.test(cell)) throw invalid('its cell is no name of a cell');
  const jobs = Array.from({ length: count }, (_, i) => readJob(view, headerBytes + i * jobBytes, take, takeUplink));
  if (uplinkAt !== bytes.length) throw invalid(`${bytes.length - uplinkAt} bytes too many`);
  return { model, cell, shape, wantsEstimates: (view.getUint8(1) & 1) === 1, jobs };
}

function readJob(
  view: DataView,
  at: number,
  take: (length: number) => Uint8Array,
  takeUplink: () => Uint8Array,
): RequestedJob {
  const word = (offset: number) => view.getUint32(at + offset, true);
  const bits = view.getUint8(at + 27);
  const ueId = decoder.decode(take(view.getUint8(at + 26)));
  if (!ueIdPattern.test(ueId)) throw invalid('a UE has no id of a UE');
  return {
    ueId,
    epoch: word(8),
    seq: word(12),
    slot: word(16),
    remainingMs: word(0) / 1000,
    ageMs: word(4) / 1000,
    quality: qualities[(bits >> 1) & 3] as (typeof qualities)[number],
    payloadBits: word(20),
    record: take(view.getUint16(at + 24, true)),
    uplink: (bits & 1) === 0 ? undefined : { values: takeUplink() },
  };
}

/** Whole microseconds that fit 32 bits. */
function microseconds(ms: number): number {
  return Math.min(Math.max(Math.round(ms * 1000), 0), 2 ** 32 - 1);
}

function invalid(problem: string): CsiError {
  return new CsiError('payload-invalid', `decode request: ${problem}`);
}
