import { maxFrameBytes } from './constants.ts';
import { csiMatrixByteLength } from './csi-matrix.ts';
import { maxMessageLength, WireError } from './errors.ts';
import type * as messages from './messages.ts';
import { bytes, duration, flag, integer, list, matching, oneOf, type Rule, record, text } from './rules.ts';

const ueId = matching(/^[A-Za-z0-9._:-]{1,64}$/, '1..64 characters of A-Z a-z 0-9 . _ : -');
const modelId = matching(/^[a-z0-9][a-z0-9.-]{0,63}$/, 'a model id: lower-case letters, digits, dots and hyphens');
const modelIdOrNone = matching(/^(?:[a-z0-9][a-z0-9.-]{0,63})?$/, 'a model id or empty');
/** Not '//host': a path never leads to another server. */
const urlPath = matching(/^\/(?!\/)[\w.~%/-]{1,255}$/, 'an absolute path');
const slot = integer(0);

const modelRef = record<messages.ModelRef>({ id: modelId, sha256: bytes(32, 32) });

const reportConfig = record<messages.ReportConfig>({
  revision: integer(1),
  model: modelRef,
  modelUrl: urlPath,
  reportPeriodSlots: integer(1, 320),
  codewordTruncation: integer(0, 7),
  phaseTheta: integer(1, 2 ** 24),
});

const csiMatrix = record<messages.CsiMatrix>(
  {
    numAntennas: integer(1, 1024),
    numDelays: integer(1, 1024),
    domain: oneOf(['angular-delay']),
    encoding: oneOf(['float32', 'float16']),
    values: bytes(4, maxFrameBytes.phy),
  },
  (matrix) => {
    const expected = csiMatrixByteLength(matrix);
    const { numAntennas, numDelays, encoding, values } = matrix;
    if (values.length === expected) return undefined;
    return `.values: ${values.length} bytes, expected ${expected} for ${numAntennas} x ${numDelays} complex ${encoding}`;
  },
);

const rules: { readonly [K in messages.FrameKind]: Rule<messages.FrameBodies[K]> } = {
  hello: record<messages.Hello>({
    ueId,
    protocol: integer(1),
    models: list(modelRef, 0, 64),
    token: text(maxMessageLength),
  }),
  welcome: record<messages.Welcome>({ epoch: integer(1), config: reportConfig }),
  report: record<messages.CsiReport>(
    {
      epoch: integer(1),
      seq: integer(1),
      slot,
      modelId,
      revision: integer(1),
      codeword: bytes(1, maxFrameBytes.ue),
      scale: integer(0, 2 ** 16 - 1),
      phase: bytes(0, maxFrameBytes.ue),
      payloadBits: integer(1),
      processingUs: integer(0),
    },
    ({ codeword, phase, payloadBits }) => {
      const most = 8 * (codeword.length + phase.length) + 16;
      return payloadBits <= most ? undefined : `.payloadBits: ${payloadBits} is more than the report carries, ${most}`;
    },
  ),
  ack: record<messages.ReportAck>(
    {
      seqs: list(integer(1), 1, 1024),
      outcomes: list(oneOf(['decoded', 'superseded', 'late', 'shed', 'invalid']), 1, 1024),
    },
    ({ seqs, outcomes }) =>
      seqs.length === outcomes.length ? undefined : `.outcomes: ${outcomes.length} entries for ${seqs.length} seqs`,
  ),
  reconfigure: record<messages.Reconfigure>({ config: reportConfig }),
  reject: record<messages.Reject>({
    code: matching(/^[a-z][a-z-]{0,63}$/, 'an error code'),
    message: text(maxMessageLength),
    retryable: flag(),
    seq: integer(0),
  }),
  uplink: record<messages.UplinkCsi>({ ueId, slot, csi: csiMatrix }),
  estimate: record<messages.ChannelEstimate>({
    ueId,
    epoch: integer(0),
    seq: integer(0),
    slot,
    modelId: modelIdOrNone,
    csi: csiMatrix,
    quality: oneOf(['fresh', 'stale-uplink', 'uplink-only', 'held', 'no-uplink']),
    ageMs: duration(),
    queueMs: duration(),
    decodeMs: duration(),
    receivedMs: duration(),
    payloadBits: integer(0),
  }),
};

/** What is wrong with a message, naming the field, or undefined. */
export function problemOf<K extends messages.FrameKind>(kind: K, value: messages.FrameBodies[K]): string | undefined {
  const problem = rules[kind](value);
  return problem === undefined ? undefined : `${kind}${problem}`;
}

/** The sizes a model and a configuration give every report. */
export interface ReportSizes {
  /** Codeword after truncation, without padding. */
  readonly codewordBits: number;
  /** 0 where the model sends no norm: the scale must be 0 then. */
  readonly scaleBits: number;
  /** Most phase or sign bits any codeword of the model can ask for. */
  readonly maxPhaseBits: number;
}

/**
 * Checks a report's lengths against its model. The exact phase length follows from the codeword and is checked where
 * the phase is decoded.
 *
 * @returns phase bits the report says it carries
 * @throws WireError `report-invalid`, with the report's seq
 */
export function checkReport(report: messages.CsiReport, sizes: ReportSizes): number {
  const refuse = (field: string, found: number, expected: string) =>
    new WireError('report-invalid', `report.${field}: ${found}, expected ${expected}`, { seq: report.seq });
  const codewordBytes = Math.ceil(sizes.codewordBits / 8);
  if (report.codeword.length !== codewordBytes) {
    throw refuse('codeword', report.codeword.length, `${codewordBytes} bytes for ${sizes.codewordBits} bits`);
  }
  if (report.scale >= 2 ** sizes.scaleBits) throw refuse('scale', report.scale, `${sizes.scaleBits} bits`);
  const phaseBits = report.payloadBits - sizes.codewordBits - sizes.scaleBits;
  if (phaseBits < 0 || phaseBits > sizes.maxPhaseBits) {
    const fixed = sizes.codewordBits + sizes.scaleBits;
    throw refuse('payloadBits', report.payloadBits, `${fixed}..${fixed + sizes.maxPhaseBits}`);
  }
  const phaseBytes = Math.ceil(phaseBits / 8);
  if (report.phase.length !== phaseBytes) {
    throw refuse('phase', report.phase.length, `${phaseBytes} bytes for the ${phaseBits} bits that payloadBits leaves`);
  }
  return phaseBits;
}
