// Generated from csi_feedback.proto by `npm run generate`; do not edit.
import type { WireTable } from '../wire-field.ts';

export const wireTable: WireTable = {
  Frame: {
    1: { name: 'hello', kind: 'message', message: 'Hello' },
    2: { name: 'welcome', kind: 'message', message: 'Welcome' },
    3: { name: 'report', kind: 'message', message: 'CsiReport' },
    4: { name: 'ack', kind: 'message', message: 'ReportAck' },
    5: { name: 'reconfigure', kind: 'message', message: 'Reconfigure' },
    6: { name: 'reject', kind: 'message', message: 'Reject' },
    7: { name: 'uplink', kind: 'message', message: 'UplinkCsi' },
    8: { name: 'estimate', kind: 'message', message: 'ChannelEstimate' },
  },
  ModelRef: {
    1: { name: 'id', kind: 'string' },
    2: { name: 'sha256', kind: 'bytes' },
  },
  Hello: {
    1: { name: 'ueId', kind: 'string' },
    2: { name: 'protocol', kind: 'uint32' },
    3: { name: 'models', kind: 'message', message: 'ModelRef', repeated: true },
    4: { name: 'token', kind: 'string' },
  },
  ReportConfig: {
    1: { name: 'revision', kind: 'uint32' },
    2: { name: 'model', kind: 'message', message: 'ModelRef' },
    3: { name: 'modelUrl', kind: 'string' },
    4: { name: 'reportPeriodSlots', kind: 'uint32' },
    5: { name: 'codewordTruncation', kind: 'uint32' },
    6: { name: 'phaseTheta', kind: 'uint32' },
  },
  Welcome: {
    1: { name: 'epoch', kind: 'uint32' },
    2: { name: 'config', kind: 'message', message: 'ReportConfig' },
  },
  Reconfigure: {
    1: { name: 'config', kind: 'message', message: 'ReportConfig' },
  },
  CsiReport: {
    1: { name: 'epoch', kind: 'uint32' },
    2: { name: 'seq', kind: 'uint32' },
    3: { name: 'slot', kind: 'uint32' },
    4: { name: 'modelId', kind: 'string' },
    5: { name: 'revision', kind: 'uint32' },
    6: { name: 'codeword', kind: 'bytes' },
    7: { name: 'scale', kind: 'uint32' },
    8: { name: 'phase', kind: 'bytes' },
    9: { name: 'payloadBits', kind: 'uint32' },
    10: { name: 'processingUs', kind: 'uint32' },
  },
  ReportAck: {
    1: { name: 'seqs', kind: 'uint32', repeated: true },
    2: { name: 'outcomes', kind: 'uint32', words: ['unspecified', 'decoded', 'superseded', 'late', 'shed', 'invalid'], repeated: true },
  },
  Reject: {
    1: { name: 'code', kind: 'string' },
    2: { name: 'message', kind: 'string' },
    3: { name: 'retryable', kind: 'bool' },
    4: { name: 'seq', kind: 'uint32' },
  },
  CsiMatrix: {
    1: { name: 'numAntennas', kind: 'uint32' },
    2: { name: 'numDelays', kind: 'uint32' },
    3: { name: 'domain', kind: 'uint32', words: ['unspecified', 'angular-delay'] },
    4: { name: 'encoding', kind: 'uint32', words: ['unspecified', 'float32', 'float16'] },
    5: { name: 'values', kind: 'bytes' },
  },
  UplinkCsi: {
    1: { name: 'ueId', kind: 'string' },
    2: { name: 'slot', kind: 'uint32' },
    3: { name: 'csi', kind: 'message', message: 'CsiMatrix' },
  },
  ChannelEstimate: {
    1: { name: 'ueId', kind: 'string' },
    2: { name: 'epoch', kind: 'uint32' },
    3: { name: 'seq', kind: 'uint32' },
    4: { name: 'slot', kind: 'uint32' },
    5: { name: 'modelId', kind: 'string' },
    6: { name: 'csi', kind: 'message', message: 'CsiMatrix' },
    7: { name: 'quality', kind: 'uint32', words: ['unspecified', 'fresh', 'stale-uplink', 'uplink-only', 'held', 'no-uplink'] },
    8: { name: 'ageMs', kind: 'double' },
    9: { name: 'queueMs', kind: 'double' },
    10: { name: 'decodeMs', kind: 'double' },
    11: { name: 'receivedMs', kind: 'double' },
    12: { name: 'payloadBits', kind: 'uint32' },
  },
};
