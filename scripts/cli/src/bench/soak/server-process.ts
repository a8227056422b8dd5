import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { BsServerOptions, ConfigChange } from '@edge-csi/bs-server';
import type { SoakClosed, SoakReady, SoakRequest, SoakSample } from './soak-process.ts';

/** A BS server in a process of its own, so that its memory is nobody else's. */
export interface ServerProcess {
  readonly url: string;
  sample(): Promise<SoakSample>;
  reconfigure(ueId: string, change: ConfigChange): void;
  /** Drains and closes the server. @returns how it was then */
  close(): Promise<SoakClosed>;
  /** Ends the process as it is. Does nothing once it has ended. */
  kill(): void;
}

/** @throws Error where the process ends before its server is warm. */
export async function startServerProcess(options: BsServerOptions): Promise<ServerProcess> {
  const child = fork(new URL('./soak-process.js', import.meta.url), { execArgv: [], serialization: 'advanced' });
  const ended = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`the server's process ended with ${signal ?? `exit code ${code}`}`);
  });
  // Whoever waits hears of it.
  ended.catch(() => undefined);
  const ask = (request: SoakRequest) => child.send(request);
  const next = <Message extends { readonly kind: string }>(kind: Message['kind']): Promise<Message> => {
    const message = new Promise<Message>((resolve) => {
      const listen = (received: Message) => {
        if (received.kind !== kind) return;
        child.off('message', listen);
        resolve(received);
      };
      child.on('message', listen);
    });
    return Promise.race([message, ended]);
  };
  const ready = next<SoakReady>('ready');
  ask({ kind: 'start', options });
  const { url } = await ready;
  return {
    url,
    sample: () => {
      const sample = next<SoakSample>('sample');
      ask({ kind: 'sample' });
      return sample;
    },
    reconfigure: (ueId, change) => void ask({ kind: 'reconfigure', ueId, change }),
    close: () => {
      const closed = next<SoakClosed>('closed');
      ask({ kind: 'close' });
      return closed;
    },
    kill: () => void child.kill(),
  };
}
