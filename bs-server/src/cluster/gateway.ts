import { type ChannelEstimate, encodeFrame } from '@edge-csi/proto';
import type { BatchDecoder, BatchListener, BatchRoom, LossReason } from '../decode/batch-decoder.ts';
import type { ExecutionProvider } from '../decode/graph.ts';
import type { WorkerModel } from '../decode/thread-port.ts';
import { gauge, type Meters } from '../ops/meters.ts';
import type { NatsOptions, ResolvedOptions } from '../options.ts';
import type { DecodeJob } from '../queue/decode-job.ts';
import { type Broker, ClusterTally, connectionMeters } from './broker.ts';
import { connectNats } from './nats-broker.ts';
import { RemoteDecoder, type RemoteDecoderOptions } from './remote-decoder.ts';
import { estimateSubject, peerName } from './subjects.ts';

/** A gateway's end of the broker: what its server decodes with, and where it publishes what it decoded itself. */
export class Gateway {
  readonly name = peerName('gateway');
  readonly tally = new ClusterTally();
  readonly #options: ResolvedOptions;
  readonly #nats: NatsOptions;
  #broker: Broker | undefined;
  #decoder: GatewayDecoder | undefined;

  constructor(options: ResolvedOptions, nats: NatsOptions) {
    this.#options = options;
    this.#nats = nats;
  }

  /** What /metrics tells of the site. */
  get meters(): Meters {
    return {
      ...this.tally,
      ...connectionMeters(
        () => this.#broker,
        () => this.#decoder?.remote.requests,
      ),
      workers: gauge('workers', 'Decode workers heard of', () => this.#decoder?.remote.workers ?? 0),
    };
  }

  /**
   * What the server decodes with.
   *
   * @param models - those at the start
   * @param local - decodes in this process; absent where nothing ever is
   * @param wantsEstimates - whether anybody wants estimates from here at present, beside those who listen at the broker
   */
  decoder(
    models: readonly Pick<WorkerModel, 'key' | 'sizes'>[],
    local: ((listener: BatchListener<DecodeJob>) => BatchDecoder<DecodeJob>) | undefined,
    listener: BatchListener<DecodeJob>,
    wantsEstimates: () => boolean,
  ): BatchDecoder<DecodeJob> {
    const { cell, clock, localDecode, maxBatchSize } = this.#options;
    const { name: gateway, tally } = this;
    const remote = {
      gateway,
      cell,
      wantsEstimates,
      tally,
      models,
      maxBatchSize,
      clock,
      connect: async (brokerListener: Parameters<typeof connectNats>[2]) => {
        this.#broker = await connectNats(this.#nats, gateway, brokerListener);
        return this.#broker;
      },
    };
    this.#decoder = new GatewayDecoder({ remote, local: localDecode ? local : undefined, tally, clock }, listener);
    return this.#decoder;
  }

  /** Publishes an estimate that no worker has published. */
  publish(estimate: ChannelEstimate): void {
    if (!this.#broker?.connected) return;
    this.#broker.publish(estimateSubject(this.#options.cell, estimate.ueId), encodeFrame('estimate', estimate));
  }
}

/** Losses after which a batch may be decoded here: nobody has judged it. */
const recoverable: readonly LossReason[] = [
  'no-responders',
  'worker-silent',
  'worker-refused',
  'broker-lost',
  'broker-refused',
];

export interface GatewayDecoderParts {
  readonly remote: RemoteDecoderOptions;
  /** Decodes in this process where workers cannot, as much as it can; absent where nothing is to be decoded here. */
  readonly local: ((listener: BatchListener<DecodeJob>) => BatchDecoder<DecodeJob>) | undefined;
  readonly tally: ClusterTally;
  readonly clock: () => number;
}

/** What a gateway decodes with: workers elsewhere, and this process where there are none. */
export class GatewayDecoder implements BatchDecoder<DecodeJob> {
  readonly remote: RemoteDecoder;
  readonly #local: BatchDecoder<DecodeJob> | undefined;
  readonly #parts: GatewayDecoderParts;
  readonly #listener: BatchListener<DecodeJob>;

  constructor(parts: GatewayDecoderParts, listener: BatchListener<DecodeJob>) {
    this.#parts = parts;
    this.#listener = listener;
    this.#local = parts.local?.(listener);
    this.remote = new RemoteDecoder(parts.remote, {
      decoded: (room, decodeMs, codewordDrift) => listener.decoded(room, decodeMs, codewordDrift),
      lost: (jobs, reason) => this.#lost(jobs, reason),
      changed: (event) => listener.changed(event),
    });
  }

  get serving(): boolean {
    return this.remote.serving || (this.#local?.serving ?? false);
  }

  get down(): boolean {
    return false;
  }

  get inFlight(): number {
    return this.remote.inFlight + (this.#local?.inFlight ?? 0);
  }

  get numServing(): number {
    return this.remote.serving ? this.remote.numServing : (this.#local?.numServing ?? 0);
  }

  get numStuck(): number {
    return this.#local?.numStuck ?? 0;
  }

  async start(): Promise<ExecutionProvider | undefined> {
    const provider = await this.#local?.start();
    await this.remote.start();
    return provider;
  }

  claim(fullBatch: boolean, model: string): BatchRoom<DecodeJob> | undefined {
    if (this.#local === undefined || this.remote.serves(model)) return this.remote.claim(fullBatch, model);
    return this.#claimLocal(this.#local, fullBatch, model);
  }

  checkProgress(limitMs: number): void {
    this.#local?.checkProgress(limitMs);
  }

  async load(model: WorkerModel): Promise<void> {
    await this.remote.load(model);
    await this.#local?.load(model);
  }

  async unload(key: string): Promise<void> {
    await this.remote.unload(key);
    await this.#local?.unload(key);
  }

  async close(timeoutMs: number): Promise<void> {
    await this.remote.close(timeoutMs);
    await this.#local?.close(timeoutMs);
  }

  #claimLocal(local: BatchDecoder<DecodeJob>, fullBatch: boolean, model: string) {
    const room = local.claim(fullBatch, model);
    if (room !== undefined) this.#parts.tally.localBatches.add();
    return room;
  }

  /** Decodes here what workers have let down and can still be in time. */
  #lost(jobs: readonly DecodeJob[], reason: LossReason): void {
    const nowMs = this.#parts.clock();
    const inTime = jobs.filter(({ origin, deadlineMs }) => origin !== undefined && deadlineMs > nowMs);
    const [first] = inTime;
    const isHopeless = first === undefined || this.#local === undefined || !recoverable.includes(reason);
    const room = isHopeless ? undefined : this.#claimLocal(this.#local, true, first.model);
    if (room === undefined || first === undefined) {
      this.#listener.lost(jobs, reason);
      return;
    }
    room.dispatch(first.model, inTime);
    const decoding = new Set(inTime);
    const late = jobs.filter((job) => !decoding.has(job));
    if (late.length > 0) this.#listener.lost(late, reason);
  }
}
