import { type ChannelEstimate, encodeFrame } from '@edge-csi/proto';
import type { BatchDecoder, BatchListener } from '../decode/batch-decoder.ts';
import type { WorkerModel } from '../decode/thread-port.ts';
import { gauge, type Meters } from '../ops/meters.ts';
import type { NatsOptions, ResolvedOptions } from '../options.ts';
import type { DecodeJob } from '../queue/decode-job.ts';
import type { Broker } from './broker.ts';
import { ClusterTally, connectionMeters } from './cluster-tally.ts';
import { GatewayDecoder } from './gateway-decoder.ts';
import { connectNats } from './nats-broker.ts';
import { estimateSubject, peerName } from './subjects.ts';

/** A gateway's end of the broker: what its server decodes with, and where it publishes what it decoded itself. */
export class GatewayLink {
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
  createDecoder(
    models: readonly WorkerModel[],
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
