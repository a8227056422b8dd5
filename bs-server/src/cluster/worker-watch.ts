import { CsiError } from '@edge-csi/csi';
import type { Broker, BrokerSubscription } from './broker.ts';
import { allBeats } from './subjects.ts';
import { readBeat, silentAfterMs } from './worker-beat.ts';
import { WorkerTable } from './worker-table.ts';

export interface WorkerWatchParts {
  /** Who serves what has changed. */
  readonly onChanged: () => void;
  /** These workers have fallen silent without a word. */
  readonly onSilent: (workers: readonly string[]) => void;
  /** A message was no beat. */
  readonly onInvalid: () => void;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
}

/** Pace at which silence is noticed. */
const sweepMs = 50;

/** Listens to the workers' beats and notices when they stop. */
export class WorkerWatch {
  readonly table = new WorkerTable(silentAfterMs);
  readonly #parts: WorkerWatchParts;
  #sinceMs = Number.NEGATIVE_INFINITY;
  #broker: Broker | undefined;
  #subscription: BrokerSubscription | undefined;
  #sweeper: NodeJS.Timeout | undefined;

  constructor(parts: WorkerWatchParts) {
    this.#parts = parts;
  }

  /**
   * True for a moment after the connection is made, until a worker is heard of: those that lost the broker too are on
   * their way back.
   */
  get expected(): boolean {
    return this.table.size === 0 && this.#parts.clock() - this.#sinceMs < silentAfterMs;
  }

  /** The connection is new: what was known of workers may have changed, and their silence meant nothing. */
  reset(): void {
    this.table.clear();
    this.#sinceMs = this.#parts.clock();
  }

  start(broker: Broker): void {
    this.reset();
    this.#broker = broker;
    this.#subscription = broker.subscribe(allBeats, ({ data }) => this.#heard(data));
    this.#sweeper = setInterval(() => this.#sweep(), sweepMs);
  }

  async stop(): Promise<void> {
    clearInterval(this.#sweeper);
    await this.#subscription?.drain();
  }

  #heard(data: Uint8Array): void {
    try {
      if (this.table.hear(readBeat(data), this.#parts.clock())) this.#parts.onChanged();
    } catch (error) {
      if (!(error instanceof CsiError)) throw error;
      this.#parts.onInvalid();
    }
  }

  #sweep(): void {
    if (!this.#broker?.connected) return;
    const silent = this.table.takeSilent(this.#parts.clock());
    if (silent.length === 0) return;
    this.#parts.onSilent(silent);
    this.#parts.onChanged();
  }
}
