import type { Logger } from 'pino';

/** What was done to a model version. */
interface LifecycleEvent {
  readonly operation: string;
  readonly version: string;
  readonly error?: Error;
}

/** Logs what was done to model versions, and what could not be done. */
export function noteLifecycle(logger: Logger): (event: LifecycleEvent) => void {
  return ({ operation, version, error }) => {
    if (error === undefined) logger.info({ operation, version }, 'models changed');
    else logger.error({ operation, version, err: error }, 'models did not change');
  };
}
