import type { AngularDelayCsi } from '@edge-csi/csi';
import type { LatencyBackend } from '@edge-csi/lab/encoder-backend';
import { lowerMedian, monotonicMs } from '@edge-csi/lab/metrics';
import { startProcess } from '../../children/child.ts';
import type { ColdStartMarks, ColdStartRequest } from './cold-start-process.ts';

/** Time to a first report in a process of its own: medians over the rounds, each apart. */
export interface ColdStart {
  /** From the start of the process until its own code runs: Node, and the code of the UE. */
  readonly processMs: number;
  /** Reading the model from disk and checking its hashes. */
  readonly loadMs: number;
  /** Loading the backend's code and getting the encoder ready. */
  readonly openMs: number;
  /** The first report, nothing compiled yet. */
  readonly firstReportMs: number;
  /** From the start of the process to the end of its first report. */
  readonly totalMs: number;
}

export interface ColdStartOptions {
  readonly modelDirectory: string;
  readonly backend: LatencyBackend;
  readonly csi: AngularDelayCsi;
  readonly rounds: number;
  readonly signal: AbortSignal;
}

/** Starts a process a round, one after another. @throws AbortError where the signal is aborted. */
export async function measureColdStart(options: ColdStartOptions): Promise<ColdStart> {
  const { rounds, signal, ...request } = options;
  const starts: ColdStart[] = [];
  for (let round = 0; round < rounds; round++) {
    signal.throwIfAborted();
    starts.push(await startOnce(request));
  }
  const median = (pick: (start: ColdStart) => number) => lowerMedian(starts.map(pick));
  return {
    processMs: median(({ processMs }) => processMs),
    loadMs: median(({ loadMs }) => loadMs),
    openMs: median(({ openMs }) => openMs),
    firstReportMs: median(({ firstReportMs }) => firstReportMs),
    totalMs: median(({ totalMs }) => totalMs),
  };
}

/** @throws Error where the process ends before it has made a report. */
async function startOnce(request: ColdStartRequest): Promise<ColdStart> {
  const startMs = monotonicMs();
  const child = startProcess(new URL('./cold-start-process.js', import.meta.url));
  try {
    const answered = child.next<ColdStartMarks>('marks');
    child.post(request);
    const { runningMs, loadedMs, openMs, firstReportMs } = await answered;
    return {
      processMs: runningMs - startMs,
      loadMs: loadedMs - runningMs,
      openMs: openMs - loadedMs,
      firstReportMs: firstReportMs - openMs,
      totalMs: firstReportMs - startMs,
    };
  } finally {
    await child.stop();
  }
}
