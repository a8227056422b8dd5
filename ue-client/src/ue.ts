import type { AngularDelayCsi } from '@edge-csi/csi';
import type { ReportManifest } from '@edge-csi/models';
import type { ReportConfig } from '@edge-csi/proto';
import type { SentReport } from './link.ts';
import type { UeState } from './options.ts';

/** A UE in session with a BS. */
export interface Ue extends AsyncDisposable {
  readonly state: UeState;
  /** What the BS wants reported, as of the next report. */
  readonly config: ReportConfig;
  /** Of the model in use: what CSI it takes, and how. */
  readonly manifest: ReportManifest;
  /** Resolves when the UE has ended: with the error that ended it, with nothing after `close()`. Never rejects. */
  readonly closed: Promise<Error | undefined>;
  /**
   * Encodes and sends one CSI matrix, after those handed over before it. While there is no connection one report waits,
   * the newest.
   *
   * @param csi copied before this returns
   * @returns when the report is handed to the socket
   * @throws CsiError `csi-invalid` where the matrix is unusable; later reports are not affected
   * @throws WireError `superseded` where a newer report took its place before it was sent; else why the UE has ended
   */
  report(csi: AngularDelayCsi, at: { readonly slot: number }): Promise<SentReport>;
  /** Waits until every report handed over is sent and answered, or lost with its connection. */
  drain(signal?: AbortSignal): Promise<void>;
  /** Leaves the BS and releases the model. Reports not yet sent reject. Safe to call again. */
  close(): Promise<void>;
}
