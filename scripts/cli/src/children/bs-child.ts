import { parentPort } from 'node:worker_threads';
import {
  type BsServer,
  type BsServerOptions,
  type ConfigChange,
  type ServerStats,
  startBsServer,
} from '@edge-csi/bs-server';
import { threadCpuMs } from './child.ts';

/** From the parent. `start` comes first, once. */
export type BsRequest =
  | { readonly kind: 'start'; readonly options: BsServerOptions }
  | { readonly kind: 'sample' }
  | { readonly kind: 'reconfigure'; readonly ueId: string; readonly change: ConfigChange }
  | { readonly kind: 'close'; readonly drains: boolean };

/** Sent once the server listens and its decoder is warm. */
export interface BsReady {
  readonly kind: 'ready';
  readonly url: string;
  readonly provider: string;
}

/** How the server is at one moment, and what has gone through it so far. */
export interface BsSample {
  readonly kind: 'sample';
  readonly stats: ServerStats;
  /** Processor time of the server's own thread, decoding not included; undefined where the platform does not say. */
  readonly threadCpuMs: number | undefined;
  /** Of the process. */
  readonly rssBytes: number;
  readonly heapUsedBytes: number;
  readonly externalBytes: number;
  /** Of a process; a thread fails at the first. */
  readonly unhandledRejections: number;
}

/** The last sample, taken when the server has closed. */
export interface BsClosed extends Omit<BsSample, 'kind'> {
  readonly kind: 'closed';
}

let server: BsServer | undefined;
let unhandledRejections = 0;

function sampleOf(running: BsServer): Omit<BsSample, 'kind'> {
  const { rss, heapUsed, external } = process.memoryUsage();
  const memory = { rssBytes: rss, heapUsedBytes: heapUsed, externalBytes: external };
  return { stats: running.stats(), threadCpuMs: threadCpuMs(), ...memory, unhandledRejections };
}

function send(message: BsReady | BsSample | BsClosed): void {
  if (parentPort === null) process.send?.(message);
  else parentPort.postMessage(message);
}

async function answer(request: BsRequest): Promise<void> {
  if (request.kind === 'start') {
    server = await startBsServer(request.options);
    const provider = server.executionProvider ?? 'none';
    send({ kind: 'ready', url: server.url.replace(/^http/, 'ws'), provider });
    return;
  }
  if (server === undefined) throw new RangeError(`${request.kind} asked before start`);
  if (request.kind === 'sample') {
    send({ kind: 'sample', ...sampleOf(server) });
  } else if (request.kind === 'close') {
    if (request.drains) await server.drain();
    await server.close();
    send({ kind: 'closed', ...sampleOf(server) });
    if (parentPort === null) process.disconnect();
  } else {
    await reconfigure(server, request);
  }
}

async function reconfigure(
  running: BsServer,
  { ueId, change }: Extract<BsRequest, { kind: 'reconfigure' }>,
): Promise<void> {
  try {
    await running.reconfigure(ueId, change);
  } catch (error) {
    // The UE has left meanwhile.
    if (!(error instanceof RangeError)) throw error;
  }
}

function complain(what: string, error: unknown): void {
  process.stderr.write(`${what}${error instanceof Error ? error.stack : String(error)}\n`);
}

if (parentPort === null) {
  process.on('unhandledRejection', (reason) => {
    unhandledRejections++;
    complain('unhandled rejection: ', reason);
  });
  // Ctrl-C reaches every process of a terminal's group; the parent decides when this one ends.
  process.on('SIGINT', () => undefined);
  // Nobody is left to ask for anything.
  process.once('disconnect', () => process.exit());
  process.on('message', (request: BsRequest) => {
    answer(request).catch((error: unknown) => {
      // The parent waits for an answer that will not come; it hears of the exit.
      complain('', error);
      process.exit(1);
    });
  });
} else {
  // What fails ends the thread with its error, and the parent hears of that.
  parentPort.on('message', answer);
}
