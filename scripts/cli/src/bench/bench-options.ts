import type { ExecutionProvider } from '@edge-csi/bs-server';
import type { ScenarioName } from '@edge-csi/csi';
import type { BreakdownName } from '@edge-csi/lab';
import type { DataFlags } from '@edge-csi/lab/data';
import type { EncoderBackend } from '@edge-csi/ue-client';
import type { PageTargets } from '../write-page.ts';

/** Options of `edge-csi bench`, as the suites get them. */
export interface BenchOptions extends DataFlags, PageTargets {
  readonly suite: string;
  readonly zoo: string;
  readonly models?: string[];
  readonly samples?: number;
  readonly ues: number;
  readonly batchSize: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly seed: number;
  readonly provider?: ExecutionProvider;
  readonly record?: boolean;
  readonly encoder?: EncoderBackend;
  readonly scenario?: ScenarioName;
  readonly speedsKmh?: number[];
  readonly periodsMs?: number[];
  readonly delayMs?: number;
  readonly by?: BreakdownName;
  readonly baselinesFrom?: string;
  readonly fitSamples: number;
  readonly select?: string;
  readonly baseline?: string;
  readonly json?: string;
  /** Aborted when the run is interrupted: a suite then ends soon, with what it has measured. */
  readonly signal: AbortSignal;
}
