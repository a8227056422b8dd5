import type { WorkerEvent } from '../decoding/pool-member.ts';
import type { BrokerListener } from './broker.ts';
import type { ClusterTally } from './cluster-tally.ts';

/**
 * Counts news of a connection and passes it on as an event.
 *
 * @param onLost - called before the event when the connection is lost
 */
export function brokerNews(
  tally: ClusterTally,
  noted: (event: WorkerEvent) => void,
  onLost: () => void = () => undefined,
): BrokerListener {
  return {
    connected: () => noted({ kind: 'broker-found' }),
    disconnected: () => {
      tally.disconnects++;
      onLost();
      noted({ kind: 'broker-lost' });
    },
    trouble: (kind, message) => {
      if (kind === 'slow-consumer') tally.slowConsumer++;
      else tally.brokerRefusals++;
      noted({ kind: 'broker-trouble', message });
    },
  };
}
