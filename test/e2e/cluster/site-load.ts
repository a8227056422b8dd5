import type { ModelBundle } from '@edge-csi/models';
import { type ChannelEstimate, decodeFrame, type Frame } from '@edge-csi/proto';
import { connect as connectNats, type NatsConnection } from '@nats-io/transport-node';
import { Connection, createSample, TestUe, until } from '../bs-server-harness.ts';

/** UEs that report at a steady pace, and what became of each of their reports. */
export class SiteLoad {
  /** By UE and sequence number: when it was sent. */
  readonly sentMs = new Map<string, number>();
  /** By UE and sequence number: every outcome there was, and when. */
  readonly outcomes = new Map<string, { readonly outcome: string; readonly atMs: number }[]>();
  readonly #ues: TestUe[] = [];
  readonly #model: ModelBundle;
  #timer: NodeJS.Timeout | undefined;

  private constructor(model: ModelBundle) {
    this.#model = model;
  }

  static async join(url: string, model: ModelBundle, numUes: number, name = 'ue'): Promise<SiteLoad> {
    const load = new SiteLoad(model);
    const joined = Array.from({ length: numUes }, (_, i) => TestUe.join(url, `${name}-${i}`, model));
    for (const ue of await Promise.all(joined)) {
      load.#ues.push(ue);
      ue.connection.socket.on('message', (data: Buffer) => load.#heard(ue.ueId, decodeFrame(data)));
    }
    return load;
  }

  /** From now on every UE reports once a period, one after the other. */
  start(periodMs: number): void {
    const stepMs = 10;
    const samples = Array.from({ length: 16 }, (_, i) => createSample(this.#model, i));
    const perStep = (this.#ues.length * stepMs) / periodMs;
    let due = 0;
    let next = 0;
    this.#timer = setInterval(() => {
      for (due += perStep; due >= 1; due--, next++) {
        const ue = this.#ues[next % this.#ues.length] as TestUe;
        const { seq } = ue.report(samples[next % samples.length] as (typeof samples)[0]);
        this.sentMs.set(`${ue.ueId} ${seq}`, performance.now());
      }
    }, stepMs);
  }

  /** Sends nothing more. */
  halt(): void {
    clearInterval(this.#timer);
  }

  /** Sends nothing more and waits until every report has its outcome. */
  async stop(): Promise<void> {
    this.halt();
    await until('every outcome', () => this.outcomes.size >= this.sentMs.size);
  }

  close(): void {
    for (const ue of this.#ues) ue.connection.socket.terminate();
  }

  /** Reports by outcome. */
  get counts(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const [first] of this.outcomes.values()) {
      if (first !== undefined) counts[first.outcome] = (counts[first.outcome] ?? 0) + 1;
    }
    return counts;
  }

  /** Reports that met more than one outcome. */
  get settledTwice(): number {
    return [...this.outcomes.values()].filter((all) => all.length > 1).length;
  }

  /** From `sinceMs` to the last report that was not decoded; 0 where all were. */
  recoveryMs(sinceMs: number): number {
    const missed = [...this.outcomes.values()]
      .flat()
      .filter(({ outcome, atMs }) => outcome !== 'decoded' && atMs > sinceMs);
    return Math.max(0, ...missed.map(({ atMs }) => atMs - sinceMs));
  }

  #heard(ueId: string, frame: Frame): void {
    if (frame.kind !== 'ack') return;
    const atMs = performance.now();
    for (const [i, seq] of frame.value.seqs.entries()) {
      const key = `${ueId} ${seq}`;
      const before = this.outcomes.get(key) ?? [];
      this.outcomes.set(key, [...before, { outcome: frame.value.outcomes[i] ?? '', atMs }]);
    }
  }
}

/** Estimates by UE and sequence number, with when each came. */
export type Heard = Map<string, { readonly estimate: ChannelEstimate; readonly atMs: number }[]>;

function keep(heard: Heard, estimate: ChannelEstimate): void {
  const key = `${estimate.ueId} ${estimate.seq}`;
  heard.set(key, [...(heard.get(key) ?? []), { estimate, atMs: performance.now() }]);
}

/** Listens to a gateway's estimates. */
export async function listenToGateway(url: string) {
  const heard: Heard = new Map();
  const connection = await Connection.open(url, '/v1/estimates');
  connection.socket.on('message', (data: Buffer) => {
    const frame = decodeFrame(data);
    if (frame.kind === 'estimate') keep(heard, frame.value);
  });
  return { heard, close: () => connection.socket.terminate() };
}

/** Listens to the estimates of all cells at the broker. */
export async function listenToBroker(servers: string) {
  const heard: Heard = new Map();
  const connection: NatsConnection = await connectNats({ servers, reconnectTimeWait: 50, maxReconnectAttempts: -1 });
  connection.subscribe('csi.estimate.>', {
    callback: (_, { data }) => {
      const frame = decodeFrame(data);
      if (frame.kind === 'estimate') keep(heard, frame.value);
    },
  });
  await connection.flush();
  return { heard, close: () => connection.close() };
}
