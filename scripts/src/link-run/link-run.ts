import { setTimeout as sleep } from 'node:timers/promises';
import { type BsServerOptions, connectPhyFeed, subscribeEstimates } from '@edge-csi/bs-server';
import { type AngularDelayCsi, CsiError, createRandom } from '@edge-csi/csi';
import type { CsiSource } from '@edge-csi/csi/files';
import type { Manifest } from '@edge-csi/models';
import { type ChannelEstimate, readCsiMatrixInto } from '@edge-csi/proto';

import { type DataOptions, openData } from '../data.ts';
import { monotonicMs, summarizeLatency } from '../latency.ts';
import { Scorer } from '../scorer.ts';
import { startWorker } from '../worker-thread.ts';
import type { BsWorkerClosed, BsWorkerReady } from './bs-worker.ts';
import type { LinkRun } from './result.ts';
import { type Schedule, sampleOf, scheduleReports, slotMs, ueIdOf } from './schedule.ts';
import type { SentRecord, UeWorkerData, UeWorkerDone, UeWorkerReady, UeWorkerStart } from './ue-worker.ts';
import { withEstimationNoise } from './uplink-noise.ts';

/** What one link run needs. */
export interface LinkRunOptions {
  readonly manifest: Manifest;
  readonly data: DataOptions;
  readonly schedule: Schedule;
  readonly ueWorkers: number;
  readonly bs: BsServerOptions;
  readonly seed: number;
  /** Estimation noise on the BS's uplink CSI; undefined: none. */
  readonly uplinkSnrDb: number | undefined;
  readonly onProgress: (decoded: number) => void;
}

/** Pause between all ends being ready and the first slot. */
const leadMs = 50;
/** Longest wait for estimates that are acknowledged and still on their way. */
const settleMs = 1000;

/**
 * Runs UEs, a PHY feed and a BS server against each other over sockets on this machine, with one model.
 *
 * @returns what was measured, and the execution provider that decoded
 */
export async function runLink(options: LinkRunOptions): Promise<{ readonly run: LinkRun; readonly provider: string }> {
  const { schedule } = options;
  const source = await openData(options.data);
  const uplinks = uplinkSamples(source, options);
  const bs = startWorker(new URL('./bs-worker.js', import.meta.url), options.bs);
  const workers = dealUes(schedule.numUes, options.ueWorkers);
  try {
    const { url, provider } = await bs.next<BsWorkerReady>('ready');
    const estimates = new Map<number, ReceivedEstimate>();
    const subscription = await subscribeEstimates({ url, onEstimate: (e) => receive(e, schedule, estimates) });
    const phy = await connectPhyFeed({
      url,
      onReject: (error) => {
        throw error;
      },
    });
    const ues = workers.map((indices) => {
      const data: UeWorkerData = { url, data: options.data, schedule, ues: indices };
      return startWorker(new URL('./ue-worker.js', import.meta.url), data);
    });
    try {
      await Promise.all(ues.map((ue) => ue.next<UeWorkerReady>('ready')));
      const startMs = monotonicMs() + leadMs;
      const done = ues.map((ue) => ue.next<UeWorkerDone>('done'));
      for (const ue of ues) ue.post({ startMs } satisfies UeWorkerStart);

      const everyUe = Array.from({ length: schedule.numUes }, (_, ue) => ue);
      for (const report of scheduleReports(schedule, everyUe)) {
        const waitMs = startMs + report.slot * slotMs - monotonicMs();
        if (waitMs > 0) await sleep(waitMs);
        phy.send(ueIdOf(report.ue), report.slot, uplinks[report.sample] as AngularDelayCsi);
        options.onProgress(estimates.size);
      }
      const results = await Promise.all(done);
      const failure = results.flatMap((result) => result.failures)[0];
      if (failure !== undefined) throw new Error(`a UE could not send a report: ${failure}`);
      const sent = results.flatMap((result) => result.sent);
      const giveUpMs = monotonicMs() + settleMs;
      while (estimates.size < sent.length && monotonicMs() < giveUpMs) await sleep(10);
      const run = summarize(options, source, sent, estimates, await lateReports(url, options.manifest.id));
      return { run, provider };
    } finally {
      await Promise.all(ues.map((ue) => ue.stop()));
      await Promise.all([phy.close(), subscription.close()]);
    }
  } finally {
    const closed = bs.next<BsWorkerClosed>('closed');
    bs.post('close');
    await Promise.race([closed, sleep(2000)]).catch(() => undefined);
    await bs.stop();
  }
}

interface ReceivedEstimate {
  readonly estimate: ChannelEstimate;
  readonly atMs: number;
}

function receive(estimate: ChannelEstimate, schedule: Schedule, into: Map<number, ReceivedEstimate>): void {
  const atMs = monotonicMs();
  const ue = Number(estimate.ueId.slice(ueIdOf(0).length - 1));
  const sample = sampleOf(schedule, ue, estimate.slot);
  if (estimate.seq !== 0 && sample !== undefined) into.set(sample, { estimate, atMs });
}

function uplinkSamples(source: CsiSource, options: LinkRunOptions): AngularDelayCsi[] {
  const random = createRandom(options.seed);
  return Array.from({ length: options.schedule.numSamples }, (_, sample) => {
    const uplink = source.uplink(sample);
    if (uplink === undefined) {
      throw new CsiError('file-format', `${source.name} has no uplink CSI; name its file with --uplink`);
    }
    return options.uplinkSnrDb === undefined ? uplink : withEstimationNoise(uplink, options.uplinkSnrDb, random);
  });
}

function dealUes(numUes: number, numWorkers: number): number[][] {
  const workers: number[][] = Array.from({ length: Math.min(numUes, numWorkers) }, () => []);
  for (let ue = 0; ue < numUes; ue++) workers[ue % workers.length]?.push(ue);
  return workers;
}

/** Reports the server dropped as late, from its metrics. */
async function lateReports(url: string, model: string): Promise<number> {
  const response = await fetch(`${url.replace(/^ws/, 'http')}/metrics`);
  const text = await response.text();
  const line = text
    .split('\n')
    .find((l) => l.startsWith('edge_csi_reports_total{') && l.includes('outcome="late"') && l.includes(`"${model}"`));
  return line === undefined ? 0 : Number(line.slice(line.lastIndexOf(' ') + 1));
}

function summarize(
  options: LinkRunOptions,
  source: CsiSource,
  sent: readonly SentRecord[],
  estimates: ReadonlyMap<number, ReceivedEstimate>,
  reportsLate: number,
): LinkRun {
  const { manifest, schedule } = options;
  const scorer = new Scorer(manifest.csi.numSubcarriers);
  const latency = { encode: [], transport: [], queue: [], decode: [], endToEnd: [] } as Record<
    keyof LinkRun['latencyMs'],
    number[]
  >;
  const quality: Record<string, number> = {};
  for (const record of sent) {
    latency.encode.push(record.encodeMs);
    const received = estimates.get(record.sample);
    if (received === undefined) continue;
    const { estimate, atMs } = received;
    const truth = source.downlink(record.sample);
    const values = new Float32Array(truth.values.length);
    readCsiMatrixInto(values, estimate.csi);
    scorer.add(truth, { ...truth, values });
    quality[estimate.quality] = (quality[estimate.quality] ?? 0) + 1;
    latency.transport.push(estimate.receivedMs - record.sentMs);
    latency.queue.push(estimate.queueMs);
    latency.decode.push(estimate.decodeMs);
    latency.endToEnd.push(atMs - record.startMs);
  }
  const mean = (value: (record: SentRecord) => number) => sent.reduce((sum, r) => sum + value(r), 0) / sent.length;
  const codeword = mean((r) => r.codewordBits);
  const phase = mean((r) => r.phaseBits);
  const scale = mean((r) => r.scaleBits);
  const firstMs = Math.min(...sent.map((r) => r.startMs));
  const lastMs = Math.max(...Array.from(estimates.values(), (e) => e.atMs));
  return {
    model: manifest.id,
    reduction: manifest.reduction,
    codewordLength: manifest.codeword.length,
    pruned: manifest.pruned,
    ues: schedule.numUes,
    reportsSent: sent.length,
    reportsDecoded: scorer.count,
    reportsLost: sent.length - scorer.count - reportsLate,
    reportsLate,
    payloadBits: { mean: codeword + phase + scale, codeword, phase, scale },
    wireBytes: { mean: mean((r) => r.wireBytes) },
    quality: Object.fromEntries(Object.entries(quality).map(([name, count]) => [name, count / scorer.count])),
    ...scorer.result(),
    latencyMs: {
      encode: summarizeLatency(latency.encode),
      transport: summarizeLatency(latency.transport),
      queue: summarizeLatency(latency.queue),
      decode: summarizeLatency(latency.decode),
      endToEnd: summarizeLatency(latency.endToEnd),
    },
    throughputPerSecond: scorer.count / ((lastMs - firstMs) / 1000),
  };
}
