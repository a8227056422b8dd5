import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { connectPhyFeed } from '@edge-csi/bs-server';
import type { DataOptions } from '@edge-csi/lab/data';
import { monotonicMs } from '@edge-csi/lab/metrics';
import type { ReportOutcome } from '@edge-csi/proto';
import { ueIdOf } from '../../link-run/schedule.ts';
import type { Arrivals } from './arrivals.ts';
import { LoadUe, openReportBank } from './load-ue.ts';

/** What the load generator is told when it starts. */
export interface LoadWorkerData {
  readonly url: string;
  readonly modelDirectory: string;
  readonly data: DataOptions;
  readonly numUes: number;
  /** Whether the uplink of its slot goes ahead of every report. */
  readonly uplinks: boolean;
}

/** Sent once every UE is connected and its reports are encoded. */
export interface LoadWorkerReady {
  readonly kind: 'ready';
}

/** What a generator can be asked for; each is answered with `LoadWorkerDone`, `saturate` never. */
export type LoadRequest =
  /** Every UE has one report on its way at any time and sends the next when that one is answered. */
  | { readonly kind: 'saturate' }
  /** One report of one UE at a time. */
  | { readonly kind: 'alone'; readonly numReports: number; readonly firstSlot: number }
  /** Reports at their times, whatever comes back. Report `i` has slot `firstSlot + i`. */
  | {
      readonly kind: 'open-loop';
      readonly arrivals: Arrivals;
      readonly firstSlot: number;
      readonly startMs: number;
    };

/** What became of the reports of one request. */
export interface LoadWorkerDone {
  readonly kind: 'done';
  readonly sent: number;
  readonly outcomes: Readonly<Record<ReportOutcome, number>>;
  /** When each report was sent, on the monotonic clock. */
  readonly sentMs: Float64Array;
}

/** Longest wait for the answers to the last reports. */
const answerMs = 10_000;
/** Longest sleep of the generator: answers must be read meanwhile. */
const napMs = 0.5;

async function run(port: NonNullable<typeof parentPort>, options: LoadWorkerData): Promise<void> {
  const { url, numUes } = options;
  const bank = await openReportBank(options.modelDirectory, options.data);
  const phy = await connectPhyFeed({ url });
  const never = new Int32Array(new SharedArrayBuffer(4));
  const outcomes: Record<ReportOutcome, number> = { decoded: 0, superseded: 0, late: 0, shed: 0, invalid: 0 };
  let answered = 0;
  let onAnswer: (ue: number) => void = () => undefined;
  const ues = await Promise.all(Array.from({ length: numUes }, (_, ue) => join(ue)));

  function join(ue: number): Promise<LoadUe> {
    return LoadUe.join({
      url,
      ueId: ueIdOf(ue),
      model: bank.model,
      onAck: (ack) => {
        for (const outcome of ack.outcomes) outcomes[outcome]++;
        answered += ack.outcomes.length;
        onAnswer(ue);
      },
    });
  }

  function send(ue: number, slot: number): void {
    const sender = ues[ue] as LoadUe;
    const report = bank.at(slot);
    if (options.uplinks && report.uplink !== undefined) phy.send(sender.ueId, slot, report.uplink);
    sender.send(report, slot);
  }

  function saturate(): void {
    const slots = new Uint32Array(numUes);
    onAnswer = (ue) => {
      const slot = (slots[ue] as number) + 1;
      slots[ue] = slot;
      send(ue, slot);
    };
    for (let ue = 0; ue < numUes; ue++) onAnswer(ue);
  }

  async function alone(numReports: number, firstSlot: number): Promise<Float64Array> {
    const sentMs = new Float64Array(numReports);
    for (let i = 0; i < numReports; i++) {
      const answer = new Promise<void>((resolve) => {
        onAnswer = () => resolve();
      });
      sentMs[i] = monotonicMs();
      send(0, firstSlot + i);
      await answer;
      // The decoder and the subscriber come to rest before the next one.
      await sleep(5);
    }
    return sentMs;
  }

  async function openLoop({ atMs, ue }: Arrivals, firstSlot: number, startMs: number): Promise<Float64Array> {
    const sentMs = new Float64Array(atMs.length);
    for (let i = 0; i < atMs.length; ) {
      const nowMs = monotonicMs() - startMs;
      const waitMs = (atMs[i] as number) - nowMs;
      if (waitMs > 0) {
        // Timers are a millisecond late: the thread sleeps itself, and looks at its sockets in between.
        Atomics.wait(never, 0, 0, Math.min(waitMs, napMs));
        await setImmediate();
        continue;
      }
      sentMs[i] = monotonicMs();
      send(ue[i] as number, firstSlot + i);
      i++;
    }
    return sentMs;
  }

  async function answer(request: Exclude<LoadRequest, { kind: 'saturate' }>): Promise<LoadWorkerDone> {
    for (const outcome of Object.keys(outcomes) as ReportOutcome[]) outcomes[outcome] = 0;
    answered = 0;
    const { firstSlot } = request;
    const sentMs =
      request.kind === 'alone'
        ? await alone(request.numReports, firstSlot)
        : await openLoop(request.arrivals, firstSlot, request.startMs);
    const giveUpMs = monotonicMs() + answerMs;
    while (answered < sentMs.length && monotonicMs() < giveUpMs) await sleep(10);
    return { kind: 'done', sent: sentMs.length, outcomes: { ...outcomes }, sentMs };
  }

  port.on('message', async (request: LoadRequest) => {
    if (request.kind === 'saturate') saturate();
    else port.postMessage(await answer(request));
  });
  port.postMessage({ kind: 'ready' } satisfies LoadWorkerReady);
}

if (parentPort !== null) await run(parentPort, workerData as LoadWorkerData);
