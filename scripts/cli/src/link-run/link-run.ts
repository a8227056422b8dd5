import { setTimeout as sleep } from 'node:timers/promises';
import { type BsServerOptions, connectPhyFeed, type Estimate, subscribeEstimates } from '@edge-csi/bs-server';
import { type AngularDelayCsi, createRandom, withEstimationNoise } from '@edge-csi/csi';
import type { CsiSource } from '@edge-csi/csi/files';
import { type DataOptions, hasUplink, openData, usableSample } from '@edge-csi/lab/data';
import { monotonicMs } from '@edge-csi/lab/metrics';
import type { ReportManifest } from '@edge-csi/models';
import type { EncoderBackend } from '@edge-csi/ue-client';
import { hostBs } from '../children/bs-host.ts';
import { type Child, cpuIdle, startThread } from '../children/child.ts';
import { examplesOf, typicalSamples } from './example.ts';
import { type LinkExample, type LinkRun, type ReceivedEstimate, summarizeLink } from './result.ts';
import { type Schedule, sampleOf, scheduleReports, slotMs, ueIdOf } from './schedule.ts';
import type { SentRecord, UeWorkerData, UeWorkerDone, UeWorkerReady, UeWorkerStart } from './ue-worker.ts';

/** What one link run needs. */
export interface LinkRunOptions {
  readonly manifest: ReportManifest;
  /** Most bits of a path report; undefined: the run is not of path reports. */
  readonly budgetBits: number | undefined;
  readonly data: DataOptions;
  readonly schedule: Schedule;
  readonly ueWorkers: number;
  readonly encoder: EncoderBackend;
  readonly bs: BsServerOptions;
  readonly seed: number;
  /** Estimation noise on the BS's uplink CSI; undefined: none. */
  readonly uplinkSnrDb: number | undefined;
  /** Samples to show; undefined: typical ones. */
  readonly showSamples: readonly number[] | undefined;
  readonly onProgress: (decoded: number) => void;
}

/** What was measured, a few samples of it, and the execution provider that decoded. */
export interface LinkOutcome {
  readonly run: LinkRun;
  readonly examples: readonly LinkExample[];
  readonly provider: string;
}

/** Longest wait for the engines to have compiled what they run. */
const startUpMs = 10_000;
/** Pause between all ends being ready and the first slot. */
const leadMs = 50;
/** Longest wait for estimates that are acknowledged and still on their way. */
const settleMs = 1000;

/** Runs UEs, a PHY feed and a BS server against each other over sockets on this machine, with one model. */
export async function runLink(options: LinkRunOptions): Promise<LinkOutcome> {
  const { manifest, budgetBits, schedule } = options;
  const source = await openData(options.data);
  const uplinks = uplinkSamples(source, options);
  // Where no uplink comes, no report waits for one.
  const bs = await hostBs('thread', { ...options.bs, ...(!hasUplink(source) && { uplinkWaitMs: 0 }) });
  try {
    const { sent, estimates } = await exchange(bs.url, options, uplinks);
    const { stats } = await bs.close();
    const records = { manifest, budgetBits, numUes: schedule.numUes, source, sent, estimates, stats };
    const examples = examplesOf(records, options.showSamples ?? typicalSamples(records), uplinks);
    return { run: summarizeLink(records, options.seed), examples, provider: bs.provider };
  } finally {
    await bs.close();
  }
}

/** Sends every report of the schedule, and its uplink, and collects the estimates. */
async function exchange(url: string, options: LinkRunOptions, uplinks: readonly (AngularDelayCsi | undefined)[]) {
  const { schedule } = options;
  const estimates = new Map<number, ReceivedEstimate>();
  const refused: Error[] = [];
  const subscription = await subscribeEstimates({ url, onEstimate: (e) => receive(e, schedule, estimates) });
  const phy = await connectPhyFeed({ url, onReject: (error) => refused.push(error) });
  const ues = dealUes(schedule.numUes, options.ueWorkers).map((indices) => {
    const data: UeWorkerData = { url, data: options.data, schedule, encoder: options.encoder, ues: indices };
    return startThread(new URL('./ue-worker.js', import.meta.url), data);
  });
  try {
    await Promise.all(ues.map((ue) => ue.next<UeWorkerReady>('ready')));
    await cpuIdle(startUpMs);
    const sending = startUes(ues);
    const everyUe = Array.from({ length: schedule.numUes }, (_, ue) => ue);
    for (const { ue, sample, slot } of scheduleReports(schedule, everyUe)) {
      const waitMs = sending.startMs + slot * slotMs - monotonicMs();
      if (waitMs > 0) await sleep(waitMs);
      const uplink = uplinks[sample];
      if (uplink !== undefined) phy.send(ueIdOf(ue), slot, uplink);
      options.onProgress(estimates.size);
      if (refused[0] !== undefined) throw refused[0];
    }
    const sent = await sending.sent;
    const giveUpMs = monotonicMs() + settleMs;
    while (estimates.size < sent.length && monotonicMs() < giveUpMs) await sleep(10);
    return { sent, estimates };
  } finally {
    await Promise.all(ues.map((ue) => ue.stop()));
    await Promise.all([phy.close(), subscription.close()]);
  }
}

function startUes(ues: readonly Child[]): { readonly startMs: number; readonly sent: Promise<SentRecord[]> } {
  const startMs = monotonicMs() + leadMs;
  const done = Promise.all(ues.map((ue) => ue.next<UeWorkerDone>('done')));
  for (const ue of ues) ue.post({ startMs } satisfies UeWorkerStart);
  const sent = done.then((results) => {
    const failure = results.flatMap((result) => result.failures)[0];
    if (failure !== undefined) throw new Error(`a UE could not send a report: ${failure}`);
    return results.flatMap((result) => result.sent);
  });
  // A failure is seen where it is awaited; until then it must not end the process.
  sent.catch(() => undefined);
  return { startMs, sent };
}

function receive(estimate: Estimate, schedule: Schedule, into: Map<number, ReceivedEstimate>): void {
  const atMs = monotonicMs();
  const ue = Number(estimate.ueId.slice(ueIdOf(0).length - 1));
  const sample = sampleOf(schedule, ue, estimate.slot);
  const isOfReport = estimate.seq !== 0 && estimate.quality !== 'held' && estimate.quality !== 'predicted';
  if (isOfReport && sample !== undefined) into.set(sample, { estimate, atMs });
}

/** The uplink of every sample, with noise where asked for; none where the data have none. Checks the downlink too, before anything is started. */
function uplinkSamples(source: CsiSource, options: LinkRunOptions): (AngularDelayCsi | undefined)[] {
  const random = createRandom(options.seed);
  return Array.from({ length: options.schedule.numSamples }, (_, sample) => {
    usableSample(source, 'downlink', sample);
    if (!hasUplink(source)) return undefined;
    const uplink = usableSample(source, 'uplink', sample);
    return options.uplinkSnrDb === undefined ? uplink : withEstimationNoise(uplink, options.uplinkSnrDb, random);
  });
}

function dealUes(numUes: number, numWorkers: number): number[][] {
  const workers: number[][] = Array.from({ length: Math.min(numUes, numWorkers) }, () => []);
  for (let ue = 0; ue < numUes; ue++) workers[ue % workers.length]?.push(ue);
  return workers;
}
