import { Presets, SingleBar } from 'cli-progress';

/** Says how far a command has come; silent where stderr is no terminal. */
export interface Progress {
  update(done: number): void;
  stop(): void;
}

/** Starts a progress bar on stderr. */
export function startProgress(label: string, total: number): Progress {
  if (!process.stderr.isTTY) return { update: () => undefined, stop: () => undefined };
  const bar = new SingleBar(
    { format: `${label} [{bar}] {value}/{total} {eta_formatted}`, clearOnComplete: true, hideCursor: true },
    Presets.shades_classic,
  );
  bar.start(total, 0);
  return { update: (done) => bar.update(Math.min(done, total)), stop: () => bar.stop() };
}

/** Does work under a progress bar. @param work - gets what to call with how much is done */
export async function withProgress<T>(
  label: string,
  total: number,
  work: (onProgress: (done: number) => void) => T | Promise<T>,
): Promise<T> {
  const progress = startProgress(label, total);
  try {
    return await work(progress.update);
  } finally {
    progress.stop();
  }
}
