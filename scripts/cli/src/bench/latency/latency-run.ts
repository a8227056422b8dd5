import type { EncodeLatency } from '@edge-csi/lab';
import type { LatencyBackend } from '@edge-csi/lab/encoder-backend';
import type { ColdStart } from './cold-start.ts';
import type { StageLatency } from './report-stages.ts';

/** What a report of one model takes: warm and cold by backend, by stage, and from CSI to estimate. */
export interface LatencyRun extends EncodeLatency, StageLatency {
  readonly model: string;
  readonly reduction: number;
  readonly codewordLength: number;
  readonly samples: number;
  readonly coldStart: Readonly<Record<LatencyBackend, ColdStart>>;
}
