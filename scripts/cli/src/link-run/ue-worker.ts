import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { type DataOptions, openData, usableSample } from '@edge-csi/lab/data';
import { monotonicMs } from '@edge-csi/lab/metrics';
import { connectUe, type EncoderBackend, type PayloadBits, type Ue } from '@edge-csi/ue-client';
import { type Schedule, scheduleReports, slotMs, ueIdOf } from './schedule.ts';

/** What a UE worker is told when it starts. */
export interface UeWorkerData {
  readonly url: string;
  readonly data: DataOptions;
  readonly schedule: Schedule;
  readonly encoder: EncoderBackend;
  /** Indices of the UEs this worker plays. */
  readonly ues: readonly number[];
}

/** Sent once every UE is connected and its samples are in memory. */
export interface UeWorkerReady {
  readonly kind: 'ready';
}

/** Asks the worker to start reporting at a time of the monotonic clock. */
export interface UeWorkerStart {
  readonly startMs: number;
}

/** One report as its UE saw it. */
export interface SentRecord {
  readonly ue: number;
  readonly sample: number;
  readonly slot: number;
  readonly startMs: number;
  readonly sentMs: number;
  readonly encodeMs: number;
  readonly wireBytes: number;
  readonly payloadBits: PayloadBits;
}

/** Sent when every report is acknowledged or given up. */
export interface UeWorkerDone {
  readonly kind: 'done';
  readonly sent: readonly SentRecord[];
  /** Reports that could not be sent, by message. */
  readonly failures: readonly string[];
}

/** Longest wait for the acknowledgements of the last reports. */
const drainMs = 3000;

async function run(port: NonNullable<typeof parentPort>, options: UeWorkerData): Promise<void> {
  const source = await openData(options.data);
  const reports = scheduleReports(options.schedule, options.ues);
  const csi = reports.map((report) => usableSample(source, 'downlink', report.sample));
  const ues = new Map<number, Ue>();
  // Every report is sent, however long its encoder takes.
  const maxWaiting = Math.max(1, reports.length);
  for (const ue of options.ues)
    ues.set(ue, await connectUe({ url: options.url, ueId: ueIdOf(ue), encoder: options.encoder, maxWaiting }));
  const start = new Promise<UeWorkerStart>((resolve) => port.once('message', resolve));
  port.postMessage({ kind: 'ready' } satisfies UeWorkerReady);
  const { startMs } = await start;

  const sent: SentRecord[] = [];
  const failures: string[] = [];
  const pending: Promise<void>[] = [];
  for (const [index, { ue, sample, slot }] of reports.entries()) {
    const waitMs = startMs + slot * slotMs - monotonicMs();
    if (waitMs > 0) await sleep(waitMs);
    const measured = csi[index];
    const client = ues.get(ue);
    if (measured === undefined || client === undefined) continue;
    const before = monotonicMs();
    const report = client.report(measured, { slot }).then(
      ({ sentAtMs, encodeMs, wireBytes, payloadBits }) => {
        sent.push({
          ue,
          sample,
          slot,
          startMs: before,
          sentMs: sentAtMs,
          encodeMs,
          wireBytes,
          payloadBits,
        });
      },
      (error: Error) => {
        failures.push(error.message);
      },
    );
    pending.push(report);
  }
  await Promise.all(pending);
  // One timer for all: a signal shared by hundreds of UEs would look like a leak of listeners.
  // A UE that has ended has nothing left to drain; what it sent is counted all the same.
  await Promise.race([Promise.allSettled([...ues.values()].map((ue) => ue.drain())), sleep(drainMs)]);
  await Promise.all([...ues.values()].map((ue) => ue.close()));
  port.postMessage({ kind: 'done', sent, failures } satisfies UeWorkerDone);
}

if (parentPort !== null) await run(parentPort, workerData as UeWorkerData);
