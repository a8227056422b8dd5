/**
 * The UE: encodes downlink CSI and reports it to the BS, in Node and browsers.
 *
 * @module @edge-csi/ue-client
 */
export { type AngularDelayCsi, CsiError, type Payload, type PayloadBits, type Rate } from '@edge-csi/csi';
export { type ReportConfig, WireError, type WireErrorCode } from '@edge-csi/proto';
export type { Clock } from './clock/clock.ts';
export { connectUe } from './connect.ts';
export { type EncoderBackend, type EncoderChoice, encoderBackends, openEncoder } from './encoder-choice.ts';
export type { SentReport } from './link.ts';
export type { ConnectOptions, ReconnectOptions, ReportResult, UeEvents, UeState } from './options.ts';
export { type ReportEncoder, warmUp } from './report-encoder.ts';
export type { ClientTls } from './socket/socket.ts';
export type { Ue } from './ue.ts';
