// What a field's value must be beside its type: the check of src/check.ts that generate.js calls on it, and the check's
// arguments. Strings among the arguments are TypeScript. Both ends keep the rules: a sender before it sends, a receiver
// on what it got.

const uint32 = 2 ** 32 - 1;
const integer = (min, max = uint32) => ({ check: 'integer', args: [min, max] });
const bytes = (minLength, maxLength) => ({ check: 'bytes', args: [minLength, maxLength] });
const list = (minLength, maxLength, item) => ({ check: 'list', args: [minLength, maxLength], item });
const text = { check: 'text', args: ['maxMessageLength'] };
const flag = { check: 'flag', args: [] };
const duration = { check: 'duration', args: [] };
/** One of the words of the field's enumeration. */
const word = { check: 'word', args: [] };
/** A message that is there; its own fields have their own rules. */
const message = { check: 'given', args: [] };
/** A message that may be left out. */
const optionalMessage = { ...message, optional: true };

/** A number or a flag that older peers leave out, and that means nothing at 0. */
const later = (rule) => ({ ...rule, optional: true });

/** Forms of strings: what matches, and how an error says so. */
export const forms = {
  ueIdForm: [/^[A-Za-z0-9._:-]{1,64}$/, '1..64 characters of A-Z a-z 0-9 . _ : -'],
  modelIdForm: [/^[a-z0-9][a-z0-9.-]{0,63}$/, 'a model id: lower-case letters, digits, dots and hyphens'],
  modelIdOrNoneForm: [/^(?:[a-z0-9][a-z0-9.-]{0,63})?$/, 'a model id or empty'],
  // Not '//host': a path never leads to another server.
  urlPathForm: [/^\/(?!\/)[\w.~%/-]{1,255}$/, 'an absolute path'],
  errorCodeForm: [/^[a-z][a-z-]{0,63}$/, 'an error code'],
};
const matching = (form) => ({ check: 'matching', args: [form] });
const ueId = matching('ueIdForm');
const modelId = matching('modelIdForm');

/** Rules by message and field. */
export const rules = {
  ModelRef: { id: modelId, sha256: bytes(32, 32) },
  Hello: { ueId, protocol: integer(1), models: list(0, 64), token: text, remembers: later(flag) },
  ReportConfig: {
    revision: integer(1),
    model: message,
    modelUrl: matching('urlPathForm'),
    reportPeriodSlots: integer(1, 320),
    codewordTruncation: integer(0, 7),
    phaseTheta: integer(1, 2 ** 24),
    maxPayloadBits: integer(0, 2000),
    bitPriceTenthDb: integer(0, 1000),
  },
  Welcome: { epoch: integer(1), config: message, remembers: later(flag) },
  Reconfigure: { config: message },
  CsiReport: {
    epoch: integer(1),
    seq: integer(1),
    slot: integer(0),
    modelId,
    revision: integer(1),
    codeword: bytes(1, 'maxFrameBytes.ue'),
    scale: integer(0, 2 ** 16 - 1),
    phase: bytes(0, 'maxFrameBytes.ue'),
    payloadBits: integer(1),
    processingUs: integer(0),
    referenceSeq: later(integer(0)),
    referenceHint: later(integer(0)),
  },
  Hint: { number: integer(1), modelId, content: bytes(1, 'maxFrameBytes.ue') },
  ReportAck: { seqs: list(1, 1024, integer(1)), outcomes: list(1, 1024, word) },
  Reject: { code: matching('errorCodeForm'), message: text, retryable: flag, seq: integer(0) },
  CsiMatrix: {
    numAntennas: integer(1, 1024),
    numDelays: integer(1, 1024),
    domain: word,
    encoding: word,
    values: bytes(4, 'maxFrameBytes.phy'),
  },
  UplinkCsi: { ueId, slot: integer(0), csi: message },
  ChannelEstimate: {
    ueId,
    epoch: integer(0),
    seq: integer(0),
    slot: integer(0),
    modelId: matching('modelIdOrNoneForm'),
    csi: optionalMessage,
    quality: word,
    ageMs: duration,
    queueMs: duration,
    decodeMs: duration,
    receivedMs: duration,
    payloadBits: integer(0),
    paths: optionalMessage,
    expectedError: duration,
  },
  CsiPaths: {
    numAntennas1: integer(1, 1024),
    numAntennas2: integer(1, 1024),
    numSubcarriers: integer(1, 2 ** 16),
    coefficientsPerPath: integer(1, 16),
    spatialFrequency: bytes(0, 'maxFrameBytes.estimates'),
    delaySamples: bytes(0, 'maxFrameBytes.estimates'),
    gain: bytes(0, 'maxFrameBytes.estimates'),
    response: bytes(0, 'maxFrameBytes.estimates'),
    dopplerCyclesPerSlot: bytes(0, 'maxFrameBytes.estimates'),
    spanSlots: integer(0),
  },
  Subscribe: { form: word },
};

/** Checks of a whole message: how its fields fit each other. */
export const wholes = {
  CsiReport: 'payloadFits',
  ReportAck: 'outcomesFit',
  CsiMatrix: 'valuesFit',
  CsiPaths: 'pathsFit',
  ChannelEstimate: 'estimateGiven',
};
