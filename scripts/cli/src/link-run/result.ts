import type { Estimate, ServerStats } from '@edge-csi/bs-server';
import type { CsiSource } from '@edge-csi/csi/files';
import { kindOf } from '@edge-csi/lab';
import {
  type AccuracyIntervals,
  AccuracyTally,
  distributionOf,
  type LatencyDistribution,
  type LatencySummary,
  scoreEstimate,
  summarizeLatency,
} from '@edge-csi/lab/metrics';
import type { ReportManifest } from '@edge-csi/models';
import type { Provenance } from '@edge-csi/report';
import type { EncoderBackend } from '@edge-csi/ue-client';
import type { SkippedModel } from '../options/fitting-models.ts';
import type { SentRecord } from './ue-worker.ts';

/** Steps of a report's way whose time is taken. */
export type LinkStage = 'encode' | 'transport' | 'queue' | 'decode' | 'endToEnd';

/** Outcome of one model over the link. docs/accuracy.md defines the figures. */
export interface LinkRun {
  readonly model: string;
  /** Absent in results of versions that did not record it. */
  readonly family?: string;
  /** Null of path reports, as the length of the codeword. */
  readonly reduction: number | null;
  readonly codewordLength: number | null;
  readonly pruned: boolean;
  /** Most bits of a path report. */
  readonly budgetBits?: number;
  readonly ues: number;
  readonly reportsSent: number;
  readonly reportsDecoded: number;
  /** Past their deadline before a decoder was free: dropped. */
  readonly reportsLate: number;
  /** Replaced by a newer report of the same UE before a decoder was free. */
  readonly reportsSuperseded: number;
  /** Sent, and none of the above. */
  readonly reportsLost: number;
  /** Estimates from the uplink alone, which the BS published for want of a report. No accuracy figure has them in. */
  readonly uplinkOnlyEstimates: number;
  readonly payloadBits: {
    readonly mean: number;
    /** Of a part, as the codec names it. */
    readonly [part: string]: number;
  };
  /** Downlink bits of the hints that the BS has sent, for each report sent. Absent in results of versions that sent none. */
  readonly hintBits?: number;
  /** Share of reports that refer to what both ends knew. Absent where `hintBits` is. */
  readonly referringShare?: number;
  /** WebSocket payload of a report: the protobuf frame. */
  readonly wireBytes: { readonly mean: number };
  /** Share of each quality among the estimates. */
  readonly quality: Readonly<Record<string, number>>;
  readonly nmseDb: number;
  readonly magnitudeNmseDb: number;
  readonly sgcs: number;
  readonly rho: number;
  /** Of 13 subbands' strongest eigenvectors. Absent in results of versions that did not record it, as the intervals. */
  readonly subbandSgcs?: number;
  /** 95 %, over environments where the data tell them, else over samples. */
  readonly intervals?: AccuracyIntervals;
  readonly latencyMs: Readonly<Record<LinkStage, LatencySummary>>;
  /** Absent in results of versions that did not record it. */
  readonly latencyDistribution?: Readonly<Record<LinkStage, LatencyDistribution>>;
  readonly throughputPerSecond: number;
}

/**
 * One sample as both ends saw it: magnitudes in whole dB, one byte an entry (int8, base64), angle by angle, delay fastest.
 * Of downlink, estimates and errors relative to the strongest entry of the downlink, of the uplink relative to its own.
 */
export interface LinkExample {
  readonly sample: number;
  readonly numAntennas: number;
  readonly numDelays: number;
  /** Spacing of the delay taps. */
  readonly tapNs: number;
  readonly downlink: string;
  /** As the BS got it, noise and all; absent where the data have none. */
  readonly uplink?: string;
  /** Of each run that decoded a report of this sample, by its label. */
  readonly estimates: readonly {
    readonly model: string;
    /** Of this sample alone. */
    readonly nmseDb: number;
    readonly estimate: string;
    /** |H - Hhat|. */
    readonly error: string;
  }[];
}

/** What tells a run from the others: its model, and the budget where there are several. */
export function labelOf(run: { readonly model: string; readonly budgetBits?: number | undefined }): string {
  const { model, budgetBits } = run;
  return budgetBits === undefined ? model : `${model}-${budgetBits}`;
}

/** What `link-run --json` writes. Fields are added, never renamed. */
export interface LinkRunReport extends Provenance {
  readonly schema: 'edge-csi/link-run@1';
  readonly samples: number;
  readonly periodMs: number;
  readonly uplinkSnrDb: number | null;
  /** What the UEs encoded with. */
  readonly encoder: EncoderBackend;
  readonly runs: readonly LinkRun[];
  /** Models that nobody named and that the data do not fit. */
  readonly skipped?: readonly SkippedModel[];
  /** A few samples to look at. Absent in results of versions that did not record them. */
  readonly examples?: readonly LinkExample[];
}

/** An estimate as the subscriber got it. */
export interface ReceivedEstimate {
  readonly estimate: Estimate;
  /** Monotonic clock at arrival. */
  readonly atMs: number;
}

/** What all ends of one run saw. */
export interface LinkRecords {
  readonly manifest: ReportManifest;
  /** Most bits of a path report. */
  readonly budgetBits: number | undefined;
  readonly numUes: number;
  /** Holds the true downlink CSI. */
  readonly source: CsiSource;
  readonly sent: readonly SentRecord[];
  /** By sample. */
  readonly estimates: ReadonlyMap<number, ReceivedEstimate>;
  readonly stats: ServerStats;
}

/**
 * Scores the estimates against the truth and sums up times, bits and counts.
 *
 * @param seed - of the intervals; none where it is absent
 */
export function summarizeLink(records: LinkRecords, seed?: number): LinkRun {
  const { manifest, budgetBits, numUes, source, sent, estimates, stats } = records;
  const tally = new AccuracyTally();
  const latency: Record<LinkStage, number[]> = { encode: [], transport: [], queue: [], decode: [], endToEnd: [] };
  const quality: Record<string, number> = {};
  for (const record of sent) {
    latency.encode.push(record.encodeMs);
    const received = estimates.get(record.sample);
    if (received === undefined) continue;
    const { estimate, atMs } = received;
    const truth = source.downlink(record.sample);
    const cluster = source.environment?.(record.sample) ?? record.sample;
    tally.add(cluster, scoreEstimate(truth, estimate.csi, manifest.csi.numSubcarriers));
    quality[estimate.quality] = (quality[estimate.quality] ?? 0) + 1;
    latency.transport.push(estimate.receivedMs - record.sentMs);
    latency.queue.push(estimate.queueMs);
    latency.decode.push(estimate.decodeMs);
    latency.endToEnd.push(atMs - record.startMs);
  }
  const { samples: decoded, clusters: _clusters, ...accuracy } = tally.result(seed);
  const mean = (value: (record: SentRecord) => number) => sent.reduce((sum, r) => sum + value(r), 0) / sent.length;
  const { total: _, ...parts } = sent[0]?.payloadBits ?? { total: 0 };
  const bitsOf = (part: string) => [part, mean((r) => r.payloadBits[part] ?? 0)] as const;
  const firstMs = sent.reduce((first, r) => Math.min(first, r.startMs), Number.POSITIVE_INFINITY);
  let lastMs = firstMs;
  for (const { atMs } of estimates.values()) lastMs = Math.max(lastMs, atMs);
  return {
    model: manifest.id,
    ...kindOf(manifest),
    ...(budgetBits !== undefined && { budgetBits }),
    ues: numUes,
    reportsSent: sent.length,
    reportsDecoded: decoded,
    reportsLate: stats.late,
    reportsSuperseded: stats.superseded,
    reportsLost: sent.length - decoded - stats.late - stats.superseded,
    uplinkOnlyEstimates: stats.uplinkOnly.published,
    payloadBits: { mean: mean((r) => r.payloadBits.total), ...Object.fromEntries(Object.keys(parts).map(bitsOf)) },
    hintBits: stats.hints.bits / sent.length,
    referringShare: stats.referring / sent.length,
    wireBytes: { mean: mean((r) => r.wireBytes) },
    quality: Object.fromEntries(Object.entries(quality).map(([name, count]) => [name, count / decoded])),
    ...accuracy,
    latencyMs: byStage((stage) => summarizeLatency(latency[stage])),
    latencyDistribution: byStage((stage) => distributionOf(latency[stage])),
    throughputPerSecond: decoded / ((lastMs - firstMs) / 1000),
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
