import type { Logger } from 'pino';

/** Divergence in nats that is worth a line in the log. What it tells apart for models of the zoo: test/e2e/codeword-drift. */
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
