import { type Pacing, type UeEvent, type UeOptions, UeRun } from './ue-run.ts';

/** Where a UE can run. */
export type UePlace = 'main' | 'worker';

/** A UE of the page, wherever it runs. */
export interface UeHost {
  set(pacing: Pacing): void;
  /** Resolves when the BS has been told. Safe twice. */
  close(): Promise<void>;
}

/** What a worker is told. The first one is `start`, the last one `close`. */
export type UeCommand =
  | { readonly kind: 'start'; readonly options: UeOptions }
  | { readonly kind: 'set'; readonly pacing: Pacing }
  | { readonly kind: 'close' };

/** Longest wait for a UE to leave the BS. */
const closeTimeoutMs = 2000;

/** Starts a UE. @param onEvent - called until `close` */
export function startUe(place: UePlace, options: UeOptions, onEvent: (event: UeEvent) => void): UeHost {
  return place === 'worker' ? startInWorker(options, onEvent) : startHere(options, onEvent);
}

function startHere(options: UeOptions, onEvent: (event: UeEvent) => void): UeHost {
  let isOpen = true;
  const run = new UeRun(options, (event) => {
    if (isOpen) onEvent(event);
  });
  const ended = run.run();
  return {
    set: (pacing) => run.set(pacing),
    close: () => {
      isOpen = false;
      run.close();
      return ended;
    },
  };
}

function startInWorker(options: UeOptions, onEvent: (event: UeEvent) => void): UeHost {
  const worker = new Worker(new URL('ue-worker.js', import.meta.url), { type: 'module' });
  const post = (command: UeCommand) => worker.postMessage(command);
  let isOpen = true;
  const ended = new Promise<void>((resolve) => {
    worker.onmessage = ({ data: event }: MessageEvent<UeEvent>) => {
      if (isOpen) onEvent(event);
      if (event.kind === 'closed') resolve();
    };
    worker.onerror = (event) => {
      if (isOpen)
        onEvent({ kind: 'problem', message: `the Web Worker failed: ${event.message ?? 'it does not load'}` });
      resolve();
    };
  });
  post({ kind: 'start', options });
  return {
    set: (pacing) => post({ kind: 'set', pacing }),
    close: async () => {
      isOpen = false;
      post({ kind: 'close' });
      const late = new Promise<void>((resolve) => setTimeout(resolve, closeTimeoutMs));
      await Promise.race([ended, late]);
      worker.terminate();
    },
  };
}
