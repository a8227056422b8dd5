import type { ExecutionProvider } from '../decode/graph.ts';
import type { ModelLifecycle } from '../ops/model-lifecycle.ts';

/** A running decode worker: it has no sockets but those of its operator, and decodes what gateways send over the broker. */
export interface DecodeWorker extends AsyncDisposable {
  /** Its name at the broker. */
  readonly name: string;
  /** HTTP origin of /healthz and /readyz. */
  readonly url: string;
  /** HTTP origin of the administrative listener: metrics and the life cycle of models. */
  readonly adminUrl: string | undefined;
  readonly executionProvider: ExecutionProvider | undefined;
  readonly lifecycle: ModelLifecycle;
  /** Leaves the queue group and waits until everything it has taken is answered, at most for the drain timeout. */
  drain(): Promise<void>;
  close(): Promise<void>;
}
