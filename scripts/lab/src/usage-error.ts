import { EdgeCsiError } from '@edge-csi/csi';

/** A request that cannot be carried out as given; the message says what to change. */
export class UsageError extends EdgeCsiError<'bad-usage'> {
  override readonly name = 'UsageError';

  constructor(message: string, options?: ErrorOptions) {
    super('bad-usage', message, options);
  }
}
