/**
 * The wire: messages, a validating codec, errors with their close codes.
 *
 * @module @edge-csi/proto
 */

export { csiMatrixByteLength, csiMatrixOf, type PlanarCsi, readCsiMatrixInto } from './csi-matrix.ts';
export { csiPathsOf, readCsiPaths } from './csi-paths.ts';
export {
  type Refusal,
  reasonOf,
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
  CsiDomain,
  CsiEncoding,
  CsiMatrix,
  CsiPaths,
  CsiReport,
  EstimateForm,
  EstimateQuality,
  Frame,
  FrameBodies,
  FrameKind,
  Hello,
  Hint,
  ModelRef,
  Reconfigure,
  Reject,
  ReportAck,
  ReportConfig,
  ReportOutcome,
  Subscribe,
  UplinkCsi,
  Welcome,
} from './generated/messages.ts';
export {
  maxFrameBytes,
  maxMessageLength,
  paths,
  protocolVersion,
  subprotocol,
  tokenSubprotocolPrefix,
  urlUnder,
} from './protocol.ts';
