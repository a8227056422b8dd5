/**
 * The UE: encodes downlink CSI and reports it to the BS, in Node and browsers.
 *
 * @module @edge-csi/ue-client
 */
export { type AngularDelayCsi, CsiError, type Payload, type PayloadBits, type Rate } from '@edge-csi/csi';
export { type ReportConfig, WireError, type WireErrorCode } from '@edge-csi/proto';
export { type EncoderBackend, type EncoderChoice, encoderBackends, openEncoder } from './encoder.ts';
export {
  type ConnectOptions,
  type ReconnectOptions,
  type ReportResult,
  type UeEvents,
  type UeState,
  ueDefaults,
} from './options.ts';
export type { ClientAgent, ClientTls, Clock } from './platform/platform.ts';
export { type ReportEncoder, warmUp } from './report-encoder.ts';
export type { SentReport } from './session.ts';
export { connectUe, type Ue } from './ue.ts';
