import type { LatencyDistribution, LatencySummary } from '@edge-csi/lab/metrics';
import type { Provenance } from '@edge-csi/report';
import type { EncoderBackend } from '@edge-csi/ue-client';
import type { LinkExample } from './example.ts';

/** Steps of a report's way whose time is taken. */
export type LinkStage = 'encode' | 'transport' | 'queue' | 'decode' | 'endToEnd';

/** Outcome of one model over the link. Definitions stand in the README, "What the numbers mean". */
export interface LinkRun {
  readonly model: string;
  readonly reduction: number;
  readonly codewordLength: number;
  readonly pruned: boolean;
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
    readonly codeword: number;
    readonly phase: number;
    readonly scale: number;
  };
  /** WebSocket payload of a report: the protobuf frame. */
  readonly wireBytes: { readonly mean: number };
  /** Share of each quality among the estimates. */
  readonly quality: Readonly<Record<string, number>>;
  readonly nmseDb: number;
  readonly magnitudeNmseDb: number;
  readonly sgcs: number;
  readonly rho: number;
  readonly latencyMs: Readonly<Record<LinkStage, LatencySummary>>;
  /** Absent in results of versions that did not record it. */
  readonly latencyDistribution?: Readonly<Record<LinkStage, LatencyDistribution>>;
  readonly throughputPerSecond: number;
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
  /** A few samples to look at. Absent in results of versions that did not record them. */
  readonly examples?: readonly LinkExample[];
}
