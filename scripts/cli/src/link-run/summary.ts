import type { ServerStats } from '@edge-csi/bs-server';
import type { CsiSource } from '@edge-csi/csi/files';
import { distributionOf, Scorer, summarizeLatency } from '@edge-csi/lab/metrics';
import type { Manifest } from '@edge-csi/models';
import { type ChannelEstimate, readCsiMatrixInto } from '@edge-csi/proto';
import type { LinkRun, LinkStage } from './result.ts';
import type { SentRecord } from './ue-worker.ts';

/** An estimate as the subscriber got it. */
export interface ReceivedEstimate {
  readonly estimate: ChannelEstimate;
  /** Monotonic clock at arrival. */
  readonly atMs: number;
}

/** What all ends of one run saw. */
export interface LinkRecords {
  readonly manifest: Manifest;
  readonly numUes: number;
  /** Holds the true downlink CSI. */
  readonly source: CsiSource;
  readonly sent: readonly SentRecord[];
  /** By sample. */
  readonly estimates: ReadonlyMap<number, ReceivedEstimate>;
  readonly stats: ServerStats;
}

/** Scores the estimates against the truth and sums up times, bits and counts. */
export function summarizeLink(records: LinkRecords): LinkRun {
  const { manifest, numUes, source, sent, estimates, stats } = records;
  const scorer = new Scorer(manifest.csi.numSubcarriers);
  const latency: Record<LinkStage, number[]> = { encode: [], transport: [], queue: [], decode: [], endToEnd: [] };
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
  const firstMs = sent.reduce((first, r) => Math.min(first, r.startMs), Number.POSITIVE_INFINITY);
  let lastMs = firstMs;
  for (const { atMs } of estimates.values()) lastMs = Math.max(lastMs, atMs);
  return {
    model: manifest.id,
    reduction: manifest.reduction,
    codewordLength: manifest.codeword.length,
    pruned: manifest.pruned,
    ues: numUes,
    reportsSent: sent.length,
    reportsDecoded: scorer.count,
    reportsLate: stats.late,
    reportsSuperseded: stats.superseded,
    reportsLost: sent.length - scorer.count - stats.late - stats.superseded,
    uplinkOnlyEstimates: stats.uplinkOnly.published,
    payloadBits: { mean: codeword + phase + scale, codeword, phase, scale },
    wireBytes: { mean: mean((r) => r.wireBytes) },
    quality: Object.fromEntries(Object.entries(quality).map(([name, count]) => [name, count / scorer.count])),
    ...scorer.result(),
    latencyMs: byStage((stage) => summarizeLatency(latency[stage])),
    latencyDistribution: byStage((stage) => distributionOf(latency[stage])),
    throughputPerSecond: scorer.count / ((lastMs - firstMs) / 1000),
  };
}

function byStage<T>(value: (stage: LinkStage) => T): Record<LinkStage, T> {
  return {
    encode: value('encode'),
    transport: value('transport'),
    queue: value('queue'),
    decode: value('decode'),
    endToEnd: value('endToEnd'),
  };
}
