import type { Ingest } from './ingest.ts';
import type { OpenLoop } from './open-loop.ts';
import type { Saturation } from './saturation.ts';

/** The server with one model: what it decodes, what it takes in, and how long reports take. */
export interface ServerRun extends Saturation {
  readonly model: string;
  readonly reduction: number;
  readonly codewordLength: number;
  readonly pruned: boolean;
  readonly ues: number;
  readonly batchSize: number;
  readonly intraOpNumThreads: number;
  readonly decodeWorkers: number;
  readonly ingest: readonly Ingest[];
  readonly openLoop: OpenLoop;
}
