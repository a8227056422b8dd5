import { EdgeCsiError } from '@edge-csi/csi';

/** Work that SIGINT has cut short, its partial result written; the message says what there is. */
export class Interrupted extends EdgeCsiError<'interrupted'> {
  override readonly name = 'Interrupted';

  constructor(message: string) {
    super('interrupted', message);
  }
}

/** Runs work with a signal that SIGINT aborts. A second SIGINT ends the process at once. */
export async function withInterruption<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const abort = () => controller.abort();
  process.once('SIGINT', abort);
  try {
    return await work(controller.signal);
  } finally {
    process.off('SIGINT', abort);
  }
}

/** What work returns; `undefined` where an interruption kept it from starting, or it ended by throwing the signal's reason. */
export async function unlessInterrupted<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T | undefined> {
  if (signal.aborted) return undefined;
  try {
    return await work();
  } catch (error) {
    if (signal.aborted && error instanceof Error && error.name === 'AbortError') return undefined;
    throw error;
  }
}

/** Does something with items in turn until all are done or an interruption cuts one short, which is left out. */
export async function eachUntilInterrupted<Item, Result>(
  items: readonly Item[],
  signal: AbortSignal,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const item of items) {
    const done = await unlessInterrupted(signal, async () => ({ result: await work(item) }));
    if (done === undefined) break;
    results.push(done.result);
  }
  return results;
}

/** A promise that the signal can cut short: rejects with its reason as soon as it is aborted. */
export async function orAborted<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  signal.throwIfAborted();
  let abort: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
  });
  return Promise.race([promise, aborted]).finally(() => signal.removeEventListener('abort', abort));
}
