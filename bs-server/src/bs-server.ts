import type { ReportConfig } from '@edge-csi/proto';
import type { ExecutionProvider } from './decode/graph.ts';
import type { ConfigChange } from './ingest/session-config.ts';
import type { ModelLifecycle } from './ops/model-lifecycle.ts';
import type { ServerStats } from './ops/server-stats.ts';

/** A running BS server. */
export interface BsServer extends AsyncDisposable {
  /** HTTP origin, as http://127.0.0.1:8080; the WebSocket paths are under the same host and port. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** HTTP origin of the administrative listener: metrics and the life cycle of models. */
  readonly adminUrl: string | undefined;
  /** Models that are served at present, the active one first; of one id there may be several versions. */
  readonly models: readonly { readonly id: string; readonly sha256: string }[];
  /** Loads, activates and unloads models while the server runs. */
  readonly lifecycle: ModelLifecycle;
  /** Where the decoder runs; undefined before it does, and where only workers elsewhere decode. */
  readonly executionProvider: ExecutionProvider | undefined;
  /** Counts and gauges as of now. */
  stats(): ServerStats;
  /**
   * Tells a connected UE what to report from now on.
   *
   * @returns the configuration it was told
   * @throws RangeError where no UE of that id is connected or a value is out of bounds.
   */
  reconfigure(ueId: string, change: ConfigChange): ReportConfig;
  /**
   * Turns away new connections and reports and waits until everything that has arrived is decoded and answered, at most
   * for the drain timeout; what is left then is shed.
   */
  drain(): Promise<void>;
  /** Ends everything. Reports that are not with the decoder are shed. Safe to call twice. */
  close(): Promise<void>;
}
