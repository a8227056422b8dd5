import { Worker } from 'node:worker_threads';
import type { BitString, CodecSpec } from '@edge-csi/csi';
import type { UplinkSample } from '../queue/decode-job.ts';

/** To the thread, which answers each with one `HintReply`, in turn. */
export interface HintRequest {
  readonly version: string;
  /** Of that model. */
  readonly spec: CodecSpec;
  readonly uplink: UplinkSample;
}

/** From the thread: a hint, or why the uplink makes none. */
export interface HintReply {
  readonly content?: BitString;
  readonly problem?: string;
}

/** The server's end of a hint thread. */
export interface HintThread {
  post(request: HintRequest): void;
  /** Ends it, whatever it is doing. */
  end(): Promise<void>;
}

/** Starts a hint thread. @param onEnd - hears, once, that the thread has failed; not where it was ended */
export type StartHintThread = (onReply: (reply: HintReply) => void, onEnd: (error: Error) => void) => HintThread;

/** Starts a hint thread. Works from the built package only: worker threads cannot load TypeScript. */
export const startHintThread: StartHintThread = (onReply, onEnd) => {
  const worker = new Worker(new URL('./thread.js', import.meta.url), { name: 'edge-csi-hints', execArgv: [] });
  let isEnded = false;
  worker.on('message', onReply);
  worker.on('error', (error) => {
    if (isEnded) return;
    isEnded = true;
    onEnd(error instanceof Error ? error : new Error(String(error)));
  });
  // The server lives for its connections, not for this.
  worker.unref();
  return {
    post: (request) => worker.postMessage(request),
    async end() {
      isEnded = true;
      await worker.terminate();
    },
  };
};
