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

/** Divergence in nats that is worth a line in the log. What it tells apart for models of the zoo: test/e2e/packages/codeword-drift. */
export const alarmNats = 0.5;
/** Fewer UEs than this are a narrower distribution than any training set. */
const leastUes = 16;

/** What is known of a model version. */
export interface VersionDrift {
  readonly version: string;
  readonly nats: number;
  /** UEs that report with it. */
  readonly ues: number;
}

/** Says so in the log when the codewords of a model are not what it was trained on, and when they are again. */
export class DriftWatch {
  readonly #logger: Logger;
  readonly #alarmed = new Set<string>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  check(drifts: Iterable<VersionDrift>): void {
    for (const { version, nats, ues } of drifts) {
      if (ues < leastUes) continue;
      if (nats > alarmNats && !this.#alarmed.has(version)) {
        this.#alarmed.add(version);
        this.#logger.warn(
          { version, driftNats: Number(nats.toFixed(2)) },
          'codewords are not what the model was trained on: estimates may be worse than its card says',
        );
      } else if (nats < alarmNats / 2 && this.#alarmed.delete(version)) {
        this.#logger.info({ version }, 'codewords are as in training again');
      }
    }
  }
}
