import { type BitString, sameShape } from '@edge-csi/csi';
import type { Logger } from 'pino';
import type { ServedModel } from '../ops/model-catalog.ts';
import type { UplinkSample } from '../queue/decode-job.ts';
import type { HintReply, HintThread, StartHintThread } from './thread-port.ts';

/** A session whose UE takes hints, or not. */
interface HintTaker {
  /** The model under which hints are of use at present; undefined where none is. */
  readonly hintModel: ServedModel | undefined;
  hint(model: ServedModel, content: BitString): void;
}

export interface UplinkHintsParts {
  readonly options: {
    /** Least time from one uplink that is searched to the next, over all UEs. 0: none is. */
    readonly hintIntervalMs: number;
    /** Age from which an uplink tells nothing of the channel any more. */
    readonly maxUplinkAgeMs: number;
    readonly logger: Logger;
    /** Monotonic milliseconds. */
    readonly clock: () => number;
  };
  readonly taker: (ueId: string) => HintTaker | undefined;
  /** Whether the server has more urgent things to do. */
  readonly isBusy: () => boolean;
  readonly start: StartHintThread;
}

interface Waiting {
  readonly uplink: UplinkSample;
  readonly arrivedMs: number;
}

/** Pause after a thread that failed. */
const restartPauseMs = 10_000;

/**
 * Has uplinks searched for what their downlinks are likely made of, and tells UEs.
 *
 * That takes milliseconds, on a thread of its own: one uplink at a time, the newest of the UE that has waited longest, no more often
 * than the interval says, and none while the server is busy. No report waits for it.
 */
export class UplinkHints {
  readonly #parts: UplinkHintsParts;
  /** Newest uplinks by UE, in the order of their turns. */
  readonly #waiting = new Map<string, Waiting>();
  #thread: HintThread | undefined;
  /** Whom the thread is at work for. */
  #current: { readonly ueId: string; readonly model: ServedModel } | undefined;
  #nextMs = Number.NEGATIVE_INFINITY;
  #closed = false;

  constructor(parts: UplinkHintsParts) {
    this.#parts = parts;
  }

  /** Takes note of an uplink. Cheap: the server's thread calls it for each. */
  offer(ueId: string, uplink: UplinkSample): void {
    const { options } = this.#parts;
    if (options.hintIntervalMs === 0 || this.#closed) return;
    const nowMs = options.clock();
    if (this.#modelOf(ueId, uplink) !== undefined) this.#waiting.set(ueId, { uplink, arrivedMs: nowMs });
    this.#advance(nowMs);
  }

  /** Ends the thread. Safe to call again. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#waiting.clear();
    await this.#thread?.end();
  }

  /** The model that an uplink would make a hint for. */
  #modelOf(ueId: string, uplink: UplinkSample): ServedModel | undefined {
    const model = this.#parts.taker(ueId)?.hintModel;
    return model?.codec.createHinter !== undefined && sameShape(model.shape, uplink) ? model : undefined;
  }

  #advance(nowMs: number): void {
    const { options, isBusy } = this.#parts;
    if (this.#current !== undefined || nowMs < this.#nextMs || this.#waiting.size === 0 || isBusy()) return;
    for (const [ueId, { uplink, arrivedMs }] of this.#waiting) {
      this.#waiting.delete(ueId);
      const model = this.#modelOf(ueId, uplink);
      if (model === undefined || nowMs - arrivedMs > options.maxUplinkAgeMs) continue;
      this.#nextMs = nowMs + options.hintIntervalMs;
      this.#current = { ueId, model };
      this.#thread ??= this.#parts.start(
        (reply) => this.#replied(reply),
        (error) => this.#failed(error),
      );
      this.#thread.post({ version: model.version, spec: model.spec, uplink });
      return;
    }
  }

  #replied({ content, problem }: HintReply): void {
    const current = this.#current;
    this.#current = undefined;
    if (problem !== undefined) this.#parts.options.logger.debug({ ueId: current?.ueId, problem }, 'no hint');
    if (current === undefined || content === undefined || this.#closed) return;
    this.#parts.taker(current.ueId)?.hint(current.model, content);
  }

  #failed(err: Error): void {
    const { logger, clock } = this.#parts.options;
    logger.error({ err }, 'the hint thread failed; another one starts in a while');
    this.#thread = undefined;
    this.#current = undefined;
    this.#nextMs = clock() + restartPauseMs;
  }
}
