import type { DecoderEvent } from '../decode/batch-decoder.ts';
import { Count, CountBy, gauge, type Meter } from '../ops/meters.ts';
import type { BatchRefusal } from './decode-answer.ts';

/** A message as it comes from the broker. */
export interface BrokerMessage {
  readonly subject: string;
  /** A view on memory that does not change any more, not aligned to anything. */
  readonly data: Uint8Array;
  /** Subject that an answer goes to; empty where none is asked for. */
  readonly reply: string;
  /** The broker's word that nobody listens on the subject a message of ours went to. */
  readonly noResponders: boolean;
}

export interface BrokerSubscription {
  /** Asks for no more messages. @returns once those on their way have been handled */
  drain(): Promise<void>;
}

/** News of the connection. */
export interface BrokerListener {
  connected(): void;
  /** What was asked for and not answered will not be. */
  disconnected(): void;
  /** Messages to this end were dropped, or something was refused, as a subject it has no permission for. */
  trouble(kind: 'slow-consumer' | 'refused', message: string): void;
}

/** A connection to a message broker: at most once, nothing kept. It comes back by itself when it is lost. */
export interface Broker {
  /** False from the moment the connection is lost until it is back. */
  readonly connected: boolean;
  /** Most bytes of a message. */
  readonly maxPayload: number;
  /**
   * Sends a message. While there is no connection it is dropped, so that nothing stale goes out once there is one again; one
   * that is larger than the server takes is dropped too.
   *
   * @param reply - subject that answers go to, and the broker's word that nobody listens
   * @returns false where it was dropped
   */
  publish(subject: string, data: Uint8Array, reply?: string): boolean;
  /** @param queue - of those who subscribe under one queue name, one gets each message */
  subscribe(subject: string, onMessage: (message: BrokerMessage) => void, queue?: string): BrokerSubscription;
  /** Waits until the broker has everything that was published, or the connection is lost. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** Opens a connection. @throws Error where there is no broker or it refuses. */
export type ConnectBroker = (listener: BrokerListener) => Promise<Broker>;

/** Counters of a gateway's or a worker's dealings over the broker. */
export class ClusterTally {
  readonly requests = new Count('requests_total', 'Batches sent to workers, or taken by this one');
  /** Of a gateway, as the next four. */
  readonly retries = new Count('retries_total', 'Batches sent once more, to another worker');
  readonly noResponders = new Count('no_responders_total', 'Batches for which the broker knew no worker');
  /** Answers as the second of two. */
  readonly unawaited = new Count('unawaited_answers_total', 'Answers nobody waited for any more');
  readonly localBatches = new Count('local_batches_total', 'Batches decoded by the gateway itself');
  readonly silentWorkers = new Count('silent_workers_total', 'Workers that fell silent without a word');
  readonly disconnects = new Count('disconnects_total', 'Connections to the broker that were lost');
  /** This end did not keep up. */
  readonly slowConsumer = new Count('slow_consumer_total', 'Times the broker dropped messages to this end');
  /** As a subject there is no permission for. */
  readonly brokerRefusals = new Count('broker_refusals_total', 'Subscriptions and messages the broker refused');
  readonly invalid = new Count('invalid_messages_total', 'Messages that could not be read');
  readonly refusals = new CountBy<BatchRefusal>('refusals_total', 'Batches refused by a worker, by reason', 'reason');

  /** Counts news of a connection and passes it on as an event. */
  listener(noted: (event: DecoderEvent) => void): BrokerListener {
    return {
      connected: () => noted({ kind: 'broker-found' }),
      disconnected: () => {
        this.disconnects.add();
        noted({ kind: 'broker-lost' });
      },
      trouble: (kind, message) => {
        (kind === 'slow-consumer' ? this.slowConsumer : this.brokerRefusals).add();
        noted({ kind: 'broker-trouble', message });
      },
    };
  }
}

/** What /metrics tells of a connection. @param requests - batches not answered yet */
export function connectionMeters(
  broker: () => Broker | undefined,
  requests: () => number | undefined,
): Readonly<Record<'connected' | 'requestsInFlight', Meter<number>>> {
  return {
    connected: gauge('connected', '1 while there is a connection to the broker', () =>
      Number(broker()?.connected ?? 0),
    ),
    requestsInFlight: gauge('requests_in_flight', 'Batches not answered yet', () => requests() ?? 0),
  };
}
