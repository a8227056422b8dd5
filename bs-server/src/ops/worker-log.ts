import type { Logger } from 'pino';
import type { DecoderEvent } from '../decode/batch-decoder.ts';
import type { Tally } from './tally.ts';

/** Counts and logs what happens to decode workers: which provider serves and why not another, failures, restarts. */
export function noteWorkerEvent(event: DecoderEvent, tally: Tally, logger: Logger): void {
  if (event.kind === 'serving') {
    const { provider, attempts } = event.ready;
    logger.info({ provider, attempts }, 'decode worker serves');
  } else if (event.kind === 'batch-failed') {
    tally.failedBatches++;
    logger.error({ message: event.message }, 'decoding a batch failed');
  } else if (event.kind === 'stuck') {
    logger.error({ forMs: Math.round(event.forMs) }, 'a batch is stuck in a decode worker');
  } else if (event.kind === 'recovered') {
    logger.info('the decode worker that was stuck goes on');
  } else if (event.kind === 'fell-back') {
    logger.error({ from: event.from, err: event.error }, 'the GPU failed, decoding goes on without it');
  } else if (event.kind === 'restarting') {
    tally.workerRestarts++;
    logger.error({ err: event.error }, 'decode worker crashed and is restarted');
  } else if (event.kind === 'group-changed') {
    logger.info({ decoders: event.decoders }, 'decode workers have come or gone');
  } else if (event.kind === 'broker-lost') {
    logger.error('the connection to the broker is lost');
  } else if (event.kind === 'broker-found') {
    logger.info('the connection to the broker is back');
  } else if (event.kind === 'broker-trouble') {
    logger.error({ message: event.message }, 'the broker refuses or drops messages');
  } else {
    logger.fatal({ err: event.error }, 'decode worker crashed too often and stays down');
  }
}
