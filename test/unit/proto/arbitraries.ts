import type { CsiMatrix, CsiPaths, FrameBodies, FrameKind, ReportConfig, ReportOutcome } from '@edge-csi/proto';
import fc from 'fast-check';

const uint32 = (min = 0, max = 2 ** 32 - 1) => fc.integer({ min, max });
const chars = (alphabet: string, minLength: number, maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...alphabet), minLength, maxLength });
const lower = 'abcdefghijklmnopqrstuvwxyz0123456789';
const ueId = chars(`${lower}ABCXYZ._:-`, 1, 64);
const modelId = fc.tuple(chars(lower, 1, 1), chars(`${lower}.-`, 0, 63)).map((parts) => parts.join(''));
const modelRef = fc.record({ id: modelId, sha256: fc.uint8Array({ minLength: 32, maxLength: 32 }) });
const duration = fc.double({ min: 0, max: 1e12, noNaN: true });
const text = (maxLength: number) => fc.string({ unit: 'grapheme', maxLength });

const config: fc.Arbitrary<ReportConfig> = fc.record({
  revision: uint32(1),
  model: modelRef,
  modelUrl: modelId.map((id) => `/models/${id}/manifest.json`),
  reportPeriodSlots: uint32(1, 320),
  codewordTruncation: uint32(0, 7),
  phaseTheta: uint32(1, 2 ** 24),
  maxPayloadBits: uint32(0, 2000),
  bitPriceTenthDb: uint32(0, 1000),
});

const csi: fc.Arbitrary<CsiMatrix> = fc
  .record({
    numAntennas: uint32(1, 8),
    numDelays: uint32(1, 8),
    domain: fc.constant('angular-delay' as const),
    encoding: fc.constantFrom('float32' as const, 'float16' as const),
  })
  .chain((shape) => {
    const length = 2 * shape.numAntennas * shape.numDelays * (shape.encoding === 'float32' ? 4 : 2);
    return fc.uint8Array({ minLength: length, maxLength: length }).map((values) => ({ ...shape, values }));
  });

const csiPaths: fc.Arbitrary<CsiPaths> = fc
  .record({ one: uint32(1, 8), two: uint32(1, 4), numSubcarriers: uint32(1, 2 ** 16), coefficients: uint32(1, 4) })
  .chain(({ one, two, numSubcarriers, coefficients }) => {
    const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
    return fc.record({ numPaths: fc.nat(3), spanSlots: fc.nat(2) }).chain(({ numPaths, spanSlots }) =>
      fc.record({
        numAntennas1: fc.constant(one),
        numAntennas2: fc.constant(two),
        numSubcarriers: fc.constant(numSubcarriers),
        coefficientsPerPath: fc.constant(coefficients),
        spatialFrequency: bytes(8 * numPaths),
        delaySamples: bytes(4 * numPaths),
        gain: bytes(8 * coefficients * numPaths),
        response: fc.oneof(bytes(0), bytes(8 * one * two)),
        dopplerCyclesPerSlot: bytes(spanSlots === 0 ? 0 : 4 * numPaths),
        spanSlots: fc.constant(spanSlots),
      }),
    );
  });
/** Either form of an estimate, or both. */
const forms = fc.oneof(
  fc.record({ csi }),
  fc.record({ paths: csiPaths }),
  fc.record({ csi, paths: csiPaths }),
) as fc.Arbitrary<{ readonly csi?: CsiMatrix; readonly paths?: CsiPaths }>;

const outcome = fc.constantFrom<ReportOutcome>('decoded', 'superseded', 'late', 'shed', 'invalid');

/** Every valid message of each kind, sizes kept small. */
export const bodies: { readonly [K in FrameKind]: fc.Arbitrary<FrameBodies[K]> } = {
  hello: fc.record(
    {
      ueId,
      protocol: uint32(1),
      models: fc.array(modelRef, { maxLength: 4 }),
      token: text(64),
      remembers: fc.constant(true),
    },
    { requiredKeys: ['ueId', 'protocol', 'models', 'token'] },
  ),
  welcome: fc.record({ epoch: uint32(1), config, remembers: fc.constant(true) }, { requiredKeys: ['epoch', 'config'] }),
  report: fc.record({
    epoch: uint32(1),
    seq: uint32(1),
    slot: uint32(),
    modelId,
    revision: uint32(1),
    codeword: fc.uint8Array({ minLength: 1, maxLength: 64 }),
    scale: uint32(0, 65535),
    phase: fc.uint8Array({ maxLength: 64 }),
    payloadBits: uint32(1, 8),
    processingUs: uint32(),
    referenceSeq: fc.option(uint32(1), { nil: undefined }),
    referenceHint: fc.option(uint32(1), { nil: undefined }),
  }),
  hint: fc.record({ number: uint32(1), modelId, content: fc.uint8Array({ minLength: 1, maxLength: 64 }) }),
  ack: fc
    .array(fc.tuple(uint32(1), outcome), { minLength: 1, maxLength: 20 })
    .map((pairs) => ({ seqs: pairs.map(([seq]) => seq), outcomes: pairs.map(([, word]) => word) })),
  reconfigure: fc.record({ config }),
  reject: fc.record({
    code: chars('abc-', 0, 20).map((tail) => `x${tail}`),
    message: text(100),
    retryable: fc.boolean(),
    seq: uint32(),
  }),
  uplink: fc.record({ ueId, slot: uint32(), csi }),
  estimate: fc
    .tuple(
      fc.record({
        ueId,
        epoch: uint32(),
        seq: uint32(),
        slot: uint32(),
        modelId: fc.oneof(modelId, fc.constant('')),
        quality: fc.constantFrom('fresh', 'stale-uplink', 'uplink-only', 'held', 'no-uplink', 'predicted'),
        ageMs: duration,
        queueMs: duration,
        decodeMs: duration,
        receivedMs: duration,
        payloadBits: uint32(),
        expectedError: duration,
      }),
      forms,
    )
    .map(([rest, form]) => ({ ...rest, ...form })),
  subscribe: fc.record({ form: fc.constantFrom('matrix', 'paths', 'matrix-and-paths') }),
};

export const kinds = Object.keys(bodies) as FrameKind[];
