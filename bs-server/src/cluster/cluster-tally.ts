import type { DecoderEvent } from '../decode/batch-decoder.ts';
import { Count, CountBy, gauge, type Meter } from '../ops/meters.ts';
import type { Broker, BrokerListener } from './broker.ts';
import type { BatchRefusal } from './decode-answer.ts';

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
