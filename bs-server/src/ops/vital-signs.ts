import type { Logger } from 'pino';
import type { BatchDecoder } from '../decode/batch-decoder.ts';
import type { DecodeJob } from '../queue/decode-job.ts';
import { DriftWatch, type VersionDrift } from './drift-watch.ts';
import { LoopLag } from './loop-lag.ts';
import type { OverloadControl } from './overload-control.ts';

export interface VitalSignsParts {
  readonly decoder: Pick<BatchDecoder<DecodeJob>, 'checkProgress' | 'serving'>;
  /** Absent where it is switched off. */
  readonly overload: OverloadControl | undefined;
  /** Drift of the codewords by model version. */
  readonly drifts: () => Iterable<VersionDrift>;
  readonly decoderTimeoutMs: number;
  readonly logger: Logger;
  readonly clock: () => number;
}

/** Pace at which the server looks at itself. */
const beatMs = 250;
/** Lateness of the event loop beyond which traffic is better sent elsewhere: every deadline has passed by then. */
const maxLoopLagMs = 1_000;

/** Looks at the server at a steady pace: decoders that are stuck, an event loop that lags, overload, and drift. */
export class VitalSigns {
  readonly #parts: VitalSignsParts;
  readonly #lag: LoopLag;
  readonly #drift: DriftWatch;
  readonly #timer: NodeJS.Timeout;

  constructor(parts: VitalSignsParts) {
    this.#parts = parts;
    this.#drift = new DriftWatch(parts.logger);
    this.#lag = new LoopLag(beatMs, parts.clock());
    this.#timer = setInterval(() => this.#beat(), beatMs);
    // A server that nothing else keeps alive is over.
    this.#timer.unref();
  }

  /** How late the event loop is. */
  get loopLagMs(): number {
    return this.#lag.atMs(this.#parts.clock());
  }

  /** True while reports can be decoded in time. */
  get ready(): boolean {
    return this.#parts.decoder.serving && this.loopLagMs <= maxLoopLagMs;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #beat(): void {
    const { decoder, overload, drifts, decoderTimeoutMs, logger, clock } = this.#parts;
    this.#lag.beat(clock());
    const lagMs = this.loopLagMs;
    if (lagMs > maxLoopLagMs) logger.warn({ lagMs: Math.round(lagMs) }, 'the event loop lags');
    decoder.checkProgress(decoderTimeoutMs);
    overload?.tick();
    this.#drift.check(drifts());
  }
}
