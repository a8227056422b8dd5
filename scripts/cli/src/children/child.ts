import { fork } from 'node:child_process';
import type { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { monotonicMs } from '@edge-csi/lab/metrics';

/** A thread or a process that runs a module of this package, spoken to in plain messages. */
export interface Child {
  /** The next message of a kind. @throws Error where the child fails first. */
  next<Message extends { readonly kind: string }>(kind: Message['kind']): Promise<Message>;
  /** Never resolves; rejects when the child fails or ends by itself. */
  readonly failed: Promise<never>;
  post(message: unknown): void;
  /** Ends it as it is. Does nothing once it has ended. */
  stop(): Promise<void>;
}

/** Starts a thread from the build, where its file ends in .js whatever the caller's own ending. */
export function startThread(file: URL, workerData?: unknown): Child {
  const worker = new Worker(file, { workerData });
  const post = (message: unknown) => worker.postMessage(message);
  return childOf(worker, file, post, async () => void (await worker.terminate()));
}

/** Starts a process from the build. */
export function startProcess(file: URL): Child {
  const child = fork(file, { execArgv: [], serialization: 'advanced' });
  const post = (message: unknown) => void child.send(message as object);
  return childOf(child, file, post, async () => void child.kill());
}

function childOf(emitter: EventEmitter, file: URL, post: Child['post'], stop: Child['stop']): Child {
  const failed = new Promise<never>((_, reject) => {
    emitter.once('error', reject);
    emitter.once('exit', (code: number | null, signal?: string | null) => {
      reject(new Error(`${path.basename(file.pathname)} ended with ${signal ?? `exit code ${code}`}`));
    });
  });
  // Whoever waits sees the failure; nobody waiting must not end the process.
  failed.catch(() => undefined);
  return {
    next: <Message extends { readonly kind: string }>(kind: Message['kind']) => {
      const message = new Promise<Message>((resolve) => {
        const listen = (received: Message) => {
          if (received.kind !== kind) return;
          emitter.off('message', listen);
          resolve(received);
        };
        emitter.on('message', listen);
      });
      return Promise.race([message, failed]);
    },
    failed,
    post,
    stop,
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
