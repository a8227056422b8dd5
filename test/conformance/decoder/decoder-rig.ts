import { uplinkOnlyWorkerModelOf, workerModelOf } from '@edge-csi/bs-server/decode';
import { createBsCodec, createRandom } from '@edge-csi/csi';
import type { ModelBundle, ReportBundle, UplinkOnlyBundle } from '@edge-csi/models';
import { loadReportModel, loadUplinkOnlyModel, zooDirectory } from '@edge-csi/models/disk';
import { openEncoder } from '@edge-csi/ue-client';
import type { BatchDecoder, BatchListener, BatchRoom } from '../../../bs-server/src/decode/batch-decoder.ts';
import type { WorkerModel } from '../../../bs-server/src/decode/thread-port.ts';
import type { DecodeJob } from '../../../bs-server/src/queue/decode-job.ts';
import { createSample, firstModel, type Sample } from '../../e2e/bs-server-harness.ts';

/** Most reports of a batch. */
export const maxBatchSize = 4;

/** The models every implementation starts with. */
export interface StartModels {
  readonly model: ModelBundle;
  /** Of path reports. */
  readonly paths: ReportBundle;
  readonly uplinkOnly: UplinkOnlyBundle;
  readonly workerModels: readonly WorkerModel[];
}

export async function startModels(): Promise<StartModels> {
  const model = await firstModel();
  const uplinkOnly = await loadUplinkOnlyModel(`${zooDirectory()}/u2d-mag`);
  const paths = await loadReportModel(`${zooDirectory()}/paths-indoor`, []);
  const workerModels = [workerModelOf(model), workerModelOf(paths), uplinkOnlyWorkerModelOf(uplinkOnly)];
  return { model, paths, uplinkOnly, workerModels };
}

/** An implementation of the seam, started. */
interface OpenDecoder extends AsyncDisposable {
  readonly decoder: BatchDecoder<DecodeJob>;
  /** Makes a model decodable wherever this implementation decodes, and then loads it through the seam. */
  load(model: WorkerModel): Promise<void>;
}

export interface Contender {
  readonly name: string;
  /** Why it cannot be tried here. */
  readonly problem: string | undefined;
  open(models: StartModels, listener: BatchListener<DecodeJob>): Promise<OpenDecoder>;
}

/** What came back of one batch. */
interface Returned {
  readonly statuses: readonly string[];
  readonly estimates: readonly Float32Array[];
  readonly jobs: readonly DecodeJob[];
}

/** A decoder under test, and what it has given back. */
export async function openRig(contender: Contender, models: StartModels) {
  const { numAntennas, numDelays } = models.model.manifest.csi;
  const returned: Returned[] = [];
  const lost: DecodeJob[] = [];
  let keep: BatchRoom<DecodeJob>[] | undefined;
  const opened = await contender.open(models, {
    decoded: (room) => {
      returned.push({
        statuses: room.jobs.map((_, i) => room.status(i)),
        estimates: room.jobs.map((_, i) => room.estimate(i, numAntennas * numDelays).slice()),
        jobs: room.jobs,
      });
      if (keep === undefined) room.release();
      else keep.push(room);
    },
    lost: (jobs) => lost.push(...jobs),
    changed: () => undefined,
  });
  const { decoder } = opened;
  return {
    ...opened,
    returned,
    lost,
    /** From now on rooms stay claimed after their batch is back. @returns them */
    keepRooms() {
      keep = [];
      return keep;
    },
    /** Dispatches jobs of a model. @returns whether there was room */
    dispatch(key: string, jobs: readonly DecodeJob[]): boolean {
      const room = decoder.claim(jobs.length === maxBatchSize, key);
      if (room === undefined) return false;
      room.dispatch(key, jobs);
      return true;
    },
    async [Symbol.asyncDispose]() {
      await opened[Symbol.asyncDispose]();
    },
  };
}

let lastSeq = 0;

/** A report of the model, coded and joined. */
export function reportJob(model: ReportBundle, sample: Sample, change: Partial<DecodeJob> = {}): DecodeJob {
  const { manifest } = model;
  const { numAntennas, numDelays } = manifest.csi;
  const seq = ++lastSeq;
  const nowMs = performance.now();
  return {
    ueId: `ue.${seq}`,
    epoch: 9,
    seq,
    slot: seq,
    model: workerModelOf(model).key,
    modelId: manifest.id,
    shape: { numAntennas, numDelays },
    record: createBsCodec(model.codec).receive(sample, {}),
    payloadBits: sample.payloadBits,
    receivedMs: nowMs,
    arrivalAgeMs: 0.25,
    queuedMs: nowMs,
    deadlineMs: nowMs + 10_000,
    uplink: { slot: seq, numAntennas, numDelays, values: sample.uplink, arrivedMs: nowMs },
    quality: 'fresh',
    origin: { settle: () => undefined, flush: () => undefined },
    ...change,
  };
}

export function samples(model: ModelBundle, count: number): Sample[] {
  return Array.from({ length: count }, (_, i) => createSample(model, 100 + i));
}

/** Path reports of channels of a few strong entries. */
export async function pathSamples(model: ReportBundle, count: number): Promise<Sample[]> {
  const { numAntennas, numDelays } = model.manifest.csi;
  const encoder = await openEncoder('micro', model);
  const made: Sample[] = [];
  for (let i = 0; i < count; i++) {
    const random = createRandom(200 + i);
    const values = new Float32Array(2 * numAntennas * numDelays);
    for (let k = 0; k < 6; k++) values[Math.floor(random.uniform() * values.length)] = random.gaussian();
    const { payloadBits, ...payload } = await encoder.encode(
      { domain: 'angular-delay', numAntennas, numDelays, values },
      {},
    );
    made.push({ ...payload, payloadBits: payloadBits.total, uplink: new Float32Array(0) });
  }
  await encoder.close();
  return made;
}
