import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { monotonicMs } from '@edge-csi/lab/metrics';

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

/**
 * Time the calling thread has spent on a processor, in milliseconds. Unlike wall time it does not grow while something
 * else has the processor. Undefined where the platform does not say: Linux only.
 */
export function threadCpuMs(): number | undefined {
  try {
    const [onCpuNs] = readFileSync('/proc/thread-self/schedstat', 'ascii').split(' ');
    return Number(onCpuNs) / 1e6;
  } catch {
    return undefined;
  }
}

const windowMs = 250;
/** Share of one core that counts as idle. */
const idleShare = 0.15;

/**
 * Waits until this process, all its threads together, has stopped computing. A JavaScript engine goes on compiling for
 * seconds in the background after WebAssembly has first run, which is a cost of starting and not of the link.
 *
 * @param timeoutMs - longest wait; a process that stays busy is taken as it is
 */
export async function cpuIdle(timeoutMs: number): Promise<void> {
  const giveUpMs = monotonicMs() + timeoutMs;
  while (monotonicMs() < giveUpMs) {
    const before = process.cpuUsage();
    await sleep(windowMs);
    const { user, system } = process.cpuUsage(before);
    if ((user + system) / 1000 < idleShare * windowMs) return;
  }
}
