import type { Logger } from 'pino';

export interface WatchdogOptions {
  /** Pace at which the server looks at itself. */
  readonly beatMs: number;
  /** What is looked at. */
  readonly onBeat: () => void;
  readonly logger: Logger;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
}

/** Lateness of the event loop beyond which traffic is better sent elsewhere: every deadline has passed by then. */
const maxLoopLagMs = 1_000;

/** A steady beat at which a server looks at itself, and with that, how late its event loop is. */
export class Watchdog {
  readonly #options: WatchdogOptions;
  readonly #timer: NodeJS.Timeout;
  #beatMs: number;
  #lagMs = 0;

  constructor(options: WatchdogOptions) {
    this.#options = options;
    this.#beatMs = options.clock();
    this.#timer = setInterval(() => this.#beat(), options.beatMs);
    // A server that nothing else keeps alive is over.
    this.#timer.unref();
  }

  /** Lateness of the latest beat, or of the one that has not come yet where that is longer. */
  get loopLagMs(): number {
    return Math.max(this.#lagMs, this.#options.clock() - this.#beatMs - this.#options.beatMs);
  }

  /** True while things can be done in time. */
  get onTime(): boolean {
    return this.loopLagMs <= maxLoopLagMs;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #beat(): void {
    const { beatMs, onBeat, logger, clock } = this.#options;
    const nowMs = clock();
    this.#lagMs = Math.max(0, nowMs - this.#beatMs - beatMs);
    this.#beatMs = nowMs;
    if (!this.onTime) logger.warn({ lagMs: Math.round(this.#lagMs) }, 'the event loop lags');
    onBeat();
  }
}
