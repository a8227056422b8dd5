import type { AngularDelayCsi } from '@edge-csi/csi';
import { type LatencyBackend, openBackend } from '@edge-csi/lab/encoder-backend';
import { monotonicMs } from '@edge-csi/lab/metrics';
import { loadReportModel } from '@edge-csi/models/disk';

/** From the parent, once. */
export interface ColdStartRequest {
  readonly modelDirectory: string;
  readonly backend: LatencyBackend;
  readonly csi: AngularDelayCsi;
}

/** When a process came how far, on the clock that all processes of a machine share. */
export interface ColdStartMarks {
  readonly kind: 'marks';
  readonly runningMs: number;
  readonly loadedMs: number;
  readonly openMs: number;
  readonly firstReportMs: number;
}

const runningMs = monotonicMs();
// Ctrl-C reaches every process of a terminal's group; the parent decides when this one ends.
process.on('SIGINT', () => undefined);
process.once('disconnect', () => process.exit());

async function start({ modelDirectory, backend, csi }: ColdStartRequest): Promise<ColdStartMarks> {
  const bundle = await loadReportModel(modelDirectory, ['encoder']);
  const loadedMs = monotonicMs();
  const encoder = await openBackend(backend, bundle);
  const openMs = monotonicMs();
  await encoder.encode(csi, {});
  const firstReportMs = monotonicMs();
  await encoder.close();
  return { kind: 'marks', runningMs, loadedMs, openMs, firstReportMs };
}

process.once('message', (request: ColdStartRequest) => {
  start(request).then(
    (marks) => process.send?.(marks),
    (error: unknown) => {
      // The parent waits for an answer that will not come; it hears of the exit.
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
      process.exit(1);
    },
  );
});
