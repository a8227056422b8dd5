import {
  type BsServer,
  type BsServerOptions,
  type ConfigChange,
  type ServerStats,
  startBsServer,
} from '@edge-csi/bs-server';

/** From the parent. `options` comes first, once. */
export type SoakRequest =
  | { readonly kind: 'start'; readonly options: BsServerOptions }
  | { readonly kind: 'sample' }
  | { readonly kind: 'reconfigure'; readonly ueId: string; readonly change: ConfigChange }
  | { readonly kind: 'close' };

/** Sent once the server's decoder is warm. */
export interface SoakReady {
  readonly kind: 'ready';
  readonly url: string;
}

/** How the process is at one moment. */
export interface SoakSample {
  readonly kind: 'sample';
  readonly rssBytes: number;
  readonly heapUsedBytes: number;
  readonly externalBytes: number;
  readonly stats: ServerStats;
  readonly unhandledRejections: number;
}

/** The last sample, taken when the server has closed. */
export interface SoakClosed extends Omit<SoakSample, 'kind'> {
  readonly kind: 'closed';
}

let server: BsServer | undefined;
let unhandledRejections = 0;
process.on('unhandledRejection', (reason) => {
  unhandledRejections++;
  process.stderr.write(`unhandled rejection: ${reason instanceof Error ? reason.stack : String(reason)}\n`);
});
// Ctrl-C reaches every process of a terminal's group; the parent decides when this one ends.
process.on('SIGINT', () => undefined);
// Nobody is left to ask for anything.
process.once('disconnect', () => process.exit());

function sampleOf(running: BsServer): Omit<SoakSample, 'kind'> {
  const { rss, heapUsed, external } = process.memoryUsage();
  const stats = running.stats();
  return { rssBytes: rss, heapUsedBytes: heapUsed, externalBytes: external, stats, unhandledRejections };
}

const send = (message: SoakReady | SoakSample | SoakClosed) => process.send?.(message);

async function answer(request: SoakRequest): Promise<void> {
  if (request.kind === 'start') {
    server = await startBsServer(request.options);
    send({ kind: 'ready', url: server.url.replace(/^http/, 'ws') });
    return;
  }
  if (server === undefined) throw new RangeError(`${request.kind} asked before start`);
  if (request.kind === 'sample') {
    send({ kind: 'sample', ...sampleOf(server) });
  } else if (request.kind === 'close') {
    await server.drain();
    await server.close();
    send({ kind: 'closed', ...sampleOf(server) });
    process.disconnect();
  } else {
    reconfigure(server, request);
  }
}

function reconfigure(running: BsServer, { ueId, change }: Extract<SoakRequest, { kind: 'reconfigure' }>): void {
  try {
    running.reconfigure(ueId, change);
  } catch (error) {
    // The UE has left meanwhile.
    if (!(error instanceof RangeError)) throw error;
  }
}

process.on('message', (request: SoakRequest) => {
  answer(request).catch((error: unknown) => {
    // The parent waits for an answer that will not come; it hears of the exit.
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  });
});
