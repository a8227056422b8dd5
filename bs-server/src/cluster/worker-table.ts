import { CsiError } from '@edge-csi/csi';
import type { Broker, BrokerSubscription } from './broker.ts';
import { allBeats } from './subjects.ts';
import { readBeat, silentAfterMs, type WorkerBeat } from './worker-beat.ts';

interface Known {
  beat: WorkerBeat;
  heardMs: number;
}

/** How long the broker may go on giving batches to a worker that has fallen silent: until its pings time out. */
const suspectMs = 300_000;

/**
 * What a gateway knows of the decode workers from their beats. The queue group hands out batches; this says how many
 * may be under way, and whom to name where the group cannot be trusted or must not choose. Time comes in as an argument.
 */
export class WorkerTable {
  readonly #silentAfterMs: number;
  readonly #known = new Map<string, Known>();
  /** Workers that fell silent without a word, and when: the broker may still have them in the group. */
  readonly #suspects = new Map<string, number>();

  /** @param silentAfterMs - silence after which a worker counts as gone */
  constructor(silentAfterMs: number) {
    this.#silentAfterMs = silentAfterMs;
  }

  /** Workers that are heard of, whatever their state. */
  get size(): number {
    return this.#known.size;
  }

  /** Forgets everybody. */
  clear(): void {
    this.#known.clear();
    this.#suspects.clear();
  }

  /** @returns whether it changes who serves what */
  hear(beat: WorkerBeat, nowMs: number): boolean {
    const before = this.#known.get(beat.worker)?.beat;
    const wasSuspect = this.#suspects.delete(beat.worker);
    if (beat.state === 'left') return this.#known.delete(beat.worker);
    this.#known.set(beat.worker, { beat, heardMs: nowMs });
    if (before === undefined || wasSuspect || before.state !== beat.state) return true;
    return before.decoders !== beat.decoders || before.models.join() !== beat.models.join();
  }

  /** Takes note of a sign of life other than a beat. */
  sign(worker: string, nowMs: number): void {
    const known = this.#known.get(worker);
    if (known !== undefined) known.heardMs = nowMs;
  }

  /** Takes the workers out that have fallen silent. @returns their names */
  takeSilent(nowMs: number): string[] {
    for (const [worker, sinceMs] of this.#suspects) {
      if (nowMs - sinceMs > suspectMs) this.#suspects.delete(worker);
    }
    const silent = [...this.#known].filter(([, { heardMs }]) => nowMs - heardMs > this.#silentAfterMs);
    for (const [worker] of silent) {
      this.#known.delete(worker);
      this.#suspects.set(worker, nowMs);
    }
    return silent.map(([worker]) => worker);
  }

  /** True while the queue group may hand batches to a worker that does not answer. */
  get hasSuspects(): boolean {
    return this.#suspects.size > 0;
  }

  /** Decoders that take batches of a model; of any model where none is named. */
  decoders(model?: string): number {
    return this.#serving(model).reduce((sum, { beat: { decoders } }) => sum + decoders, 0);
  }

  /**
   * Whether one more batch of a model may be under way. Workers need not have the same models: what waits for those of one
   * model keeps nothing from the others. One batch may always try: the broker says at once where there is nobody.
   *
   * @param open - models of the batches that are under way
   */
  hasRoom(model: string, open: readonly string[], perDecoder: number): boolean {
    const most = (decoders: number) => perDecoder * Math.max(1, decoders);
    const ofModel = open.filter((key) => key === model).length;
    return ofModel < most(this.decoders(model)) && open.length < most(this.decoders());
  }

  /** The least loaded worker that decodes a model. */
  idlest(model: string): string | undefined {
    const serving = this.#serving(model).map(({ beat }) => beat);
    serving.sort((a, b) => a.load / a.decoders - b.load / b.decoders);
    return serving[0]?.worker;
  }

  /** The worker that decodes a model and was heard of last, other than `except`: for a batch that another has let down. */
  liveliest(model: string, except: string | undefined): string | undefined {
    const others = this.#serving(model).filter(({ beat: { worker } }) => worker !== except);
    others.sort((a, b) => b.heardMs - a.heardMs);
    return others[0]?.beat.worker;
  }

  #serving(model?: string): Known[] {
    return [...this.#known.values()].filter(
      ({ beat: { state, models, decoders } }) =>
        state === 'serving' && decoders > 0 && (model === undefined || models.includes(model)),
    );
  }
}

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
