import { decodeFrame, encodeFrame, type FrameBodies, type FrameKind, WireError } from '@edge-csi/proto';
import { describe, expect, it } from 'vitest';
import { encodeUnchecked } from './reference.ts';

const ref = { id: 'dualnet-mag-m43', sha256: new Uint8Array(32).fill(9) };
const config = {
  revision: 1,
  model: ref,
  modelUrl: '/models/dualnet-mag-m43/manifest.json',
  reportPeriodSlots: 20,
  codewordTruncation: 0,
  phaseTheta: 5000,
  maxPayloadBits: 0,
  bitPriceTenthDb: 0,
};
const csi = { numAntennas: 2, numDelays: 3, domain: 1, encoding: 1, values: new Uint8Array(48) };

const csiPaths = {
  numAntennas1: 2,
  numAntennas2: 1,
  numSubcarriers: 16,
  coefficientsPerPath: 1,
  spatialFrequency: new Uint8Array(16),
  delaySamples: new Uint8Array(8),
  gain: new Uint8Array(16),
  response: new Uint8Array(16),
};

/** Valid messages as they stand on the wire, enumerations as numbers. */
const valid: { readonly [K in FrameKind]: Record<string, unknown> } = {
  hello: { ueId: 'ue-1', protocol: 1, models: [ref], token: 't', remembers: true },
  welcome: { epoch: 1, config, remembers: true },
  report: {
    epoch: 1,
    seq: 1,
    slot: 0,
    modelId: ref.id,
    revision: 1,
    codeword: new Uint8Array(4),
    scale: 10,
    phase: new Uint8Array(2),
    payloadBits: 50,
    processingUs: 0,
    referenceSeq: 3,
    referenceHint: 2,
  },
  hint: { number: 1, modelId: ref.id, content: new Uint8Array(1) },
  ack: { seqs: [1, 2], outcomes: [1, 5] },
  reconfigure: { config },
  reject: { code: 'overload', message: 'later', retryable: true, seq: 0 },
  uplink: { ueId: 'ue-1', slot: 0, csi },
  estimate: {
    ueId: 'ue-1',
    epoch: 1,
    seq: 1,
    slot: 0,
    modelId: ref.id,
    csi,
    quality: 1,
    ageMs: 0,
    queueMs: 0,
    decodeMs: 0,
    receivedMs: 0,
    payloadBits: 0,
    paths: csiPaths,
  },
  subscribe: { form: 2 },
};

const broken: [FrameKind, string, Record<string, unknown>][] = [
  ['hello', 'hello.ueId', { ueId: '' }],
  ['hello', 'hello.ueId', { ueId: 'a b' }],
  ['hello', 'hello.ueId', { ueId: 'a'.repeat(65) }],
  ['hello', 'hello.ueId', { ueId: 'ue\n' }],
  ['hello', 'hello.protocol', { protocol: 0 }],
  ['hello', 'hello.models: 65', { models: Array(65).fill(ref) }],
  ['hello', 'hello.models[1].id', { models: [ref, { ...ref, id: 'UPPER' }] }],
  ['hello', 'hello.models[0].sha256', { models: [{ ...ref, sha256: new Uint8Array(31) }] }],
  ['hello', 'hello.token', { token: 'x'.repeat(1025) }],
  ['welcome', 'welcome.epoch', { epoch: 0 }],
  ['welcome', 'welcome.config: missing', { config: null }],
  ['welcome', 'welcome.config.revision', { config: { ...config, revision: 0 } }],
  ['welcome', 'welcome.config.model: missing', { config: { ...config, model: null } }],
  ['welcome', 'welcome.config.model.sha256', { config: { ...config, model: { id: ref.id } } }],
  ['reconfigure', 'reconfigure.config.modelUrl', { config: { ...config, modelUrl: '//evil.example/m' } }],
  ['reconfigure', 'reconfigure.config.modelUrl', { config: { ...config, modelUrl: 'http://evil.example/m' } }],
  ['reconfigure', 'reconfigure.config.reportPeriodSlots', { config: { ...config, reportPeriodSlots: 321 } }],
  ['reconfigure', 'reconfigure.config.codewordTruncation', { config: { ...config, codewordTruncation: 8 } }],
  ['reconfigure', 'reconfigure.config.phaseTheta', { config: { ...config, phaseTheta: 0 } }],
  ['reconfigure', 'reconfigure.config.maxPayloadBits', { config: { ...config, maxPayloadBits: 2001 } }],
  ['reconfigure', 'reconfigure.config.bitPriceTenthDb', { config: { ...config, bitPriceTenthDb: 1001 } }],
  ['reconfigure', 'reconfigure.config.phaseTheta', { config: { ...config, phaseTheta: 2 ** 24 + 1 } }],
  ['report', 'report.epoch', { epoch: 0 }],
  ['report', 'report.seq', { seq: 0 }],
  ['report', 'report.modelId', { modelId: '' }],
  ['report', 'report.revision', { revision: 0 }],
  ['report', 'report.codeword', { codeword: new Uint8Array(0) }],
  ['report', 'report.scale', { scale: 65536 }],
  ['report', 'report.payloadBits', { payloadBits: 0 }],
  ['report', 'report.payloadBits', { payloadBits: 65 }],
  ['ack', 'ack.seqs', { seqs: [], outcomes: [] }],
  ['ack', 'ack.seqs[1]', { seqs: [1, 0] }],
  ['ack', 'ack.outcomes[0]', { outcomes: [0, 1] }],
  ['ack', 'ack.outcomes[1]', { outcomes: [1, 6] }],
  ['ack', 'ack.outcomes: 1', { outcomes: [1] }],
  ['reject', 'reject.code', { code: 'Overload' }],
  ['reject', 'reject.message', { message: 'x'.repeat(1025) }],
  ['uplink', 'uplink.ueId', { ueId: 'ü' }],
  ['uplink', 'uplink.csi: missing', { csi: null }],
  ['uplink', 'uplink.csi.numAntennas', { csi: { ...csi, numAntennas: 0 } }],
  ['uplink', 'uplink.csi.numDelays', { csi: { ...csi, numDelays: 1025 } }],
  ['uplink', 'uplink.csi.domain', { csi: { ...csi, domain: 0 } }],
  ['uplink', 'uplink.csi.encoding', { csi: { ...csi, encoding: 3 } }],
  ['uplink', 'uplink.csi.values: 47 bytes, expected 48', { csi: { ...csi, values: new Uint8Array(47) } }],
  ['uplink', 'uplink.csi.values: 48 bytes, expected 24', { csi: { ...csi, encoding: 2 } }],
  ['estimate', 'estimate.ueId', { ueId: '' }],
  ['estimate', 'estimate.modelId', { modelId: '-' }],
  ['estimate', 'estimate.csi: missing, and so are paths', { csi: null, paths: null }],
  ['estimate', 'estimate.csi.domain', { csi: { ...csi, domain: 0 } }],
  ['estimate', 'estimate.paths.numAntennas1', { paths: { ...csiPaths, numAntennas1: 0 } }],
  ['estimate', 'estimate.paths.coefficientsPerPath', { paths: { ...csiPaths, coefficientsPerPath: 0 } }],
  ['estimate', 'estimate.paths.delaySamples: 7 bytes', { paths: { ...csiPaths, delaySamples: new Uint8Array(7) } }],
  ['estimate', 'estimate.paths.gain: 16 bytes', { paths: { ...csiPaths, coefficientsPerPath: 2 } }],
  ['estimate', 'estimate.paths.response: 8 bytes', { paths: { ...csiPaths, response: new Uint8Array(8) } }],
  ['subscribe', 'subscribe.form', { form: 0 }],
  ['subscribe', 'subscribe.form', { form: 4 }],
  ['estimate', 'estimate.quality', { quality: 0 }],
  ['estimate', 'estimate.ageMs', { ageMs: Number.NaN }],
  ['estimate', 'estimate.queueMs', { queueMs: -1 }],
  ['estimate', 'estimate.decodeMs', { decodeMs: Number.POSITIVE_INFINITY }],
  ['estimate', 'estimate.receivedMs', { receivedMs: Number.NaN }],
];

describe('decodeFrame', () => {
  it.each(Object.entries(valid) as [FrameKind, Record<string, unknown>][])(
    'accepts the plain %s these cases start from',
    (kind, value) => {
      expect(decodeFrame(encodeUnchecked(kind, value)).kind).toBe(kind);
    },
  );

  it.each(broken)('refuses a %s for %s', (kind, where, change) => {
    const bytes = encodeUnchecked(kind, { ...valid[kind], ...change });
    expect(() => decodeFrame(bytes)).toThrow(WireError);
    expect(() => decodeFrame(bytes)).toThrow(where);
  });
});

describe('encodeFrame', () => {
  const report = valid.report as unknown as FrameBodies['report'];

  it.each([
    ['report.seq: 4294967296', { seq: 2 ** 32 }],
    ['report.seq: 1.5', { seq: 1.5 }],
    ['report.slot: -1', { slot: -1 }],
    ['report.slot: missing', { slot: undefined }],
    ['report.codeword: missing', { codeword: [1, 2, 3] }],
    ['report.modelId', { modelId: undefined }],
  ])('throws RangeError for %s rather than sending something else', (message, change) => {
    expect(() => encodeFrame('report', { ...report, ...change } as never)).toThrow(RangeError);
    expect(() => encodeFrame('report', { ...report, ...change } as never)).toThrow(message);
  });

  it('throws RangeError for an unknown word and for a lone surrogate', () => {
    expect(() => encodeFrame('ack', { seqs: [1], outcomes: ['lost'] } as never)).toThrow(
      'ack.outcomes[0]: "lost" is not one of',
    );
    expect(() => encodeFrame('hello', { ueId: 'a', protocol: 1, models: [], token: '\ud800' })).toThrow('hello.token');
    expect(() => encodeFrame('hello', undefined as never)).toThrow('hello: missing');
  });
});
