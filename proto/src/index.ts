/**
 * The wire: messages, a validating codec, errors with their close codes.
 *
 * @module @edge-csi/proto
 */
export { maxFrameBytes, paths, protocolVersion, subprotocol, tokenSubprotocolPrefix } from './constants.ts';
export { csiMatrixByteLength, csiMatrixOf, type PlanarCsi, readCsiMatrixInto } from './csi-matrix.ts';
export {
  maxMessageLength,
  type Refusal,
  rejectOf,
  WireError,
  type WireErrorCode,
  type WireErrorOptions,
  wireErrorOf,
  wireErrorOfClose,
  wireErrorOfStatus,
} from './errors.ts';
export { decodeFrame, encodeFrame } from './frame.ts';
export type {
  ChannelEstimate,
  CsiEncoding,
  CsiMatrix,
  CsiReport,
  EstimateQuality,
  Frame,
  FrameBodies,
  FrameKind,
  Hello,
  ModelRef,
  Reconfigure,
  Reject,
  ReportAck,
  ReportConfig,
  ReportOutcome,
  UplinkCsi,
  Welcome,
} from './messages.ts';
export { checkReport, type ReportSizes } from './validation.ts';
