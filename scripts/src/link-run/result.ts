import type { EncoderBackend } from '@edge-csi/ue-client';
import type { Environment } from '../environment.ts';
import type { LatencySummary } from '../latency.ts';

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
  readonly latencyMs: {
    readonly encode: LatencySummary;
    readonly transport: LatencySummary;
    readonly queue: LatencySummary;
    readonly decode: LatencySummary;
    readonly endToEnd: LatencySummary;
  };
  readonly throughputPerSecond: number;
}

/** What `link-run --json` writes. Fields are added, never renamed. */
export interface LinkRunReport {
  readonly schema: 'edge-csi/link-run@1';
  readonly seed: number;
  readonly data: string;
  readonly samples: number;
  readonly periodMs: number;
  readonly uplinkSnrDb: number | null;
  /** What the UEs encoded with. */
  readonly encoder: EncoderBackend;
  readonly command: string;
  readonly environment: Environment;
  readonly runs: readonly LinkRun[];
}
