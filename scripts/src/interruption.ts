/** Work that SIGINT has cut short, its partial result written; the message says what there is. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
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
