import type { Logger } from 'pino';
import type { DecoderEvent } from '../decode/batch-decoder.ts';

const words = {
  serving: ['info', 'decode worker serves'],
  'batch-failed': ['error', 'decoding a batch failed'],
  stuck: ['error', 'a batch is stuck in a decode worker'],
  recovered: ['info', 'the decode worker that was stuck goes on'],
  'fell-back': ['error', 'the GPU failed, decoding goes on without it'],
  restarting: ['error', 'decode worker crashed and is restarted'],
  'group-changed': ['info', 'decode workers have come or gone'],
  'broker-lost': ['error', 'the connection to the broker is lost'],
  'broker-found': ['info', 'the connection to the broker is back'],
  'broker-trouble': ['error', 'the broker refuses or drops messages'],
  'gave-up': ['fatal', 'decode worker crashed too often and stays down'],
} as const satisfies Record<DecoderEvent['kind'], readonly ['info' | 'error' | 'fatal', string]>;

/** Logs what happens to decode workers: which provider serves and why not another, failures, restarts. */
export function logDecoderEvent(logger: Logger, event: DecoderEvent): void {
  const [level, message] = words[event.kind];
  logger[level](detailsOf(event), message);
}

function detailsOf(event: DecoderEvent): object {
  if (event.kind === 'serving') return { provider: event.ready.provider, attempts: event.ready.attempts };
  if (event.kind === 'stuck') return { forMs: Math.round(event.forMs) };
  const { kind, ...details } = event;
  if (!('error' in details)) return details;
  const { error: err, ...others } = details;
  return { ...others, err };
}

/** What was done to a model version, or could not be done. */
export interface LifecycleEvent {
  readonly operation: string;
  readonly version: string;
  readonly error?: Error;
}

/** Logs what was done to model versions, and what could not be done. */
export function logLifecycle(logger: Logger, { operation, version, error }: LifecycleEvent): void {
  if (error === undefined) logger.info({ operation, version }, 'models changed');
  else logger.error({ operation, version, err: error }, 'models did not change');
}
