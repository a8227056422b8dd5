import { Worker } from 'node:worker_threads';

/** A thread of this package's own, spoken to in plain messages. */
export interface WorkerThread {
  /** The next message of a kind. @throws Error where the thread fails first. */
  next<Message extends { readonly kind: string }>(kind: Message['kind']): Promise<Message>;
  /** Never resolves; rejects when the thread fails or ends by itself. */
  readonly failed: Promise<never>;
  post(message: unknown): void;
  stop(): Promise<void>;
}

/** Starts a worker thread from the build, where its file ends in .js whatever the caller's own ending. */
export function startWorker(file: URL, workerData: unknown): WorkerThread {
  const worker = new Worker(file, { workerData });
  const failed = new Promise<never>((_, reject) => {
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`${file.pathname} ended with exit code ${code}`)));
  });
  // Whoever waits sees the failure; nobody waiting must not end the process.
  failed.catch(() => undefined);
  return {
    next: <Message extends { readonly kind: string }>(kind: Message['kind']) => {
      const message = new Promise<Message>((resolve) => {
        const listen = (received: Message) => {
          if (received.kind !== kind) return;
          worker.off('message', listen);
          resolve(received);
        };
        worker.on('message', listen);
      });
      return Promise.race([message, failed]);
    },
    failed,
    post: (message) => worker.postMessage(message),
    stop: async () => {
      await worker.terminate();
    },
  };
}
