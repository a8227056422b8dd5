import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectPhyFeed, type EstimateSubscription, type PhyFeed, subscribeEstimates } from '@edge-csi/bs-server';
import { createRandom, type Random, type Rate } from '@edge-csi/csi';
import { monotonicMs } from '@edge-csi/lab/metrics';
import { paths, type ReportOutcome, subprotocol } from '@edge-csi/proto';
import { WebSocket } from 'ws';
import { slotMs, ueIdOf } from '../../link-run/schedule.ts';
import { LoadUe, type ReportBank } from '../server/load-ue.ts';

export interface ChurnOptions {
  readonly url: string;
  readonly numUes: number;
  readonly seed: number;
  /** Reports at every rate that UEs are told. */
  readonly banks: readonly ReportBank[];
}

/** What the UEs did, and what they were told. */
export interface ChurnCounts {
  joins: number;
  /** Joins that the server refused or that failed; each is tried again. */
  failedJoins: number;
  leaves: number;
  /** Connections cut by the UE without a word. */
  vanishings: number;
  sent: number;
  readonly outcomes: Record<ReportOutcome, number>;
  uplinksSent: number;
  feedGaps: number;
}

/** How long a UE stays, and how long it is away. */
const stayMs = [2_000, 10_000] as const;
const awayMs = [50, 2_000] as const;
/** Uplinks that the base band could not measure. */
const missedUplinks = 0.05;
/** How long a PHY feed lasts, and how long there is none then. */
const feedMs = 20_000;
const gapMs = 2_000;

/** UEs that come, report, leave and come back under the same id, half of them without a word, and a PHY feed with gaps. */
export class Churn {
  readonly counts: ChurnCounts = {
    joins: 0,
    failedJoins: 0,
    leaves: 0,
    vanishings: 0,
    sent: 0,
    outcomes: { decoded: 0, superseded: 0, late: 0, shed: 0, invalid: 0 },
    uplinksSent: 0,
    feedGaps: 0,
  };
  readonly #options: ChurnOptions;
  readonly #stopped = new AbortController();
  readonly #startMs = monotonicMs();
  readonly #present = new Map<string, LoadUe>();
  readonly #running: Promise<unknown>;
  #feed: PhyFeed | undefined;

  constructor(options: ChurnOptions) {
    this.#options = options;
    // Every UE that pauses listens.
    setMaxListeners(0, this.#stopped.signal);
    const lives = Array.from({ length: options.numUes }, (_, ue) =>
      this.#live(ueIdOf(ue), createRandom(options.seed + ue)),
    );
    this.#running = Promise.all([this.#feedUplinks(), ...lives]);
    // Whoever stops it hears of a failure.
    this.#running.catch(() => this.#stopped.abort());
  }

  /** Ids of the UEs that have a session. */
  get present(): readonly string[] {
    return [...this.#present.keys()];
  }

  /** Lets every UE leave in good order. @throws what went wrong meanwhile */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }

  /** One UE, session after session. */
  async #live(ueId: string, random: Random): Promise<void> {
    await this.#pause(random.uniform() * awayMs[1]);
    while (!this.#stopped.signal.aborted) {
      const ue = await this.#join(ueId);
      if (ue !== undefined) await this.#stay(ue, random);
      await this.#pause(between(awayMs, random));
    }
  }

  async #join(ueId: string): Promise<LoadUe | undefined> {
    const { outcomes } = this.counts;
    const onAck = (ack: { readonly outcomes: readonly ReportOutcome[] }) => {
      for (const outcome of ack.outcomes) outcomes[outcome]++;
    };
    const model = (this.#options.banks[0] as ReportBank).model;
    try {
      const ue = await LoadUe.join({ url: this.#options.url, ueId, model, onAck });
      this.counts.joins++;
      return ue;
    } catch {
      // Its last connection may not be known to be dead yet.
      this.counts.failedJoins++;
      return undefined;
    }
  }

  async #stay(ue: LoadUe, random: Random): Promise<void> {
    this.#present.set(ue.ueId, ue);
    const untilMs = monotonicMs() + between(stayMs, random);
    while (monotonicMs() < untilMs && ue.open && !this.#stopped.signal.aborted) {
      this.#report(ue, random);
      await this.#pause(ue.config.reportPeriodSlots * slotMs);
    }
    this.#present.delete(ue.ueId);
    if (this.#stopped.signal.aborted || random.uniform() < 0.5) {
      this.counts.leaves++;
      await ue.leave();
    } else {
      this.counts.vanishings++;
      await ue.vanish();
    }
  }

  #report(ue: LoadUe, random: Random): void {
    const told: Partial<Rate> = { ...ue.config } as object;
    const bank = this.#options.banks.find(({ rate }) =>
      Object.entries(rate).every(([name, value]) => told[name] === value),
    );
    // Overload may ask for a rate that nothing was encoded at: the UE is silent then.
    if (bank === undefined) return;
    const slot = Math.floor((monotonicMs() - this.#startMs) / slotMs);
    const report = bank.at(Math.floor(random.uniform() * 2 ** 16));
    if (report.uplink !== undefined && this.#feed !== undefined && random.uniform() >= missedUplinks) {
      this.#feed.send(ue.ueId, slot, report.uplink);
      this.counts.uplinksSent++;
    }
    ue.send(report, slot);
    this.counts.sent++;
  }

  async #feedUplinks(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      const feed = await connectPhyFeed({ url: this.#options.url });
      this.#feed = feed;
      await this.#pause(feedMs);
      this.#feed = undefined;
      await feed.close();
      this.counts.feedGaps++;
      await this.#pause(gapMs);
    }
  }

  /** Sleeps, at most until the end. */
  async #pause(ms: number): Promise<void> {
    const { signal } = this.#stopped;
    await sleep(ms, undefined, { signal }).catch((error) => {
      if (!signal.aborted) throw error;
    });
  }
}

function between([least, most]: readonly [number, number], random: Random): number {
  return least + (most - least) * random.uniform();
}

/** A subscriber that keeps up, and one that reads for a moment and then not for long. */
export interface Subscribers {
  /** Estimates that reached the one that keeps up. */
  readonly received: number;
  close(): Promise<void>;
}

const readingMs = 2_000;
/** Long enough to fill what is buffered for it, shorter than any idle timeout. */
const deafMs = 20_000;

export async function startSubscribers(url: string): Promise<Subscribers> {
  let received = 0;
  const fast: EstimateSubscription = await subscribeEstimates({ url, onEstimate: () => received++ });
  const stopped = new AbortController();
  const slow = readNowAndThen(url, stopped.signal);
  return {
    get received() {
      return received;
    },
    close: async () => {
      stopped.abort();
      await slow;
      await fast.close();
    },
  };
}

async function readNowAndThen(url: string, signal: AbortSignal): Promise<void> {
  const pause = (ms: number) => sleep(ms, undefined, { signal }).catch(() => undefined);
  while (!signal.aborted) {
    const socket = new WebSocket(`${url}${paths.estimates}`, subprotocol, { perMessageDeflate: false });
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => socket.terminate());
    while (!signal.aborted && socket.readyState <= WebSocket.OPEN) {
      await pause(readingMs);
      if (socket.readyState === WebSocket.OPEN) socket.pause();
      await pause(deafMs);
      socket.resume();
    }
    socket.terminate();
    await closed;
  }
}
