import type { DecoderEvent } from '../decode/batch-decoder.ts';
import type { BrokerListener } from './broker.ts';
import type { ClusterTally } from './cluster-tally.ts';

/** Counts news of a connection and passes it on as an event. */
export function brokerNews(tally: ClusterTally, noted: (event: DecoderEvent) => void): BrokerListener {
  return {
    connected: () => noted({ kind: 'broker-found' }),
    disconnected: () => {
      tally.disconnects++;
      noted({ kind: 'broker-lost' });
    },
    trouble: (kind, message) => {
      if (kind === 'slow-consumer') tally.slowConsumer++;
      else tally.brokerRefusals++;
      noted({ kind: 'broker-trouble', message });
    },
  };
}
