import { type AngularDelayCsi, createBsCodec, type Payload } from '@edge-csi/csi';
import { createOrtEncoder } from '@edge-csi/ue-client/ort';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openOrtGraph } from '../../../bs-server/src/decode/ort-graph.ts';
import { bundleOf, type FamilyOptions, familyModel } from '../../family-model.ts';

const shape = { numAntennas: 2, numDelays: 3 };
const config = { codewordTruncation: 0, phaseTheta: 16 };
/** 3, -4j, 0 / 0, -12, 0: of norm 13. */
const downlink = matrix([3, 0, 0, 0, -12, 0], [0, -4, 0, 0, 0, 0]);
/** 6, 0, 0 / 0, -4.8 + 6.4j, 0: of norm 10. The codeword speaks for the first two components. */
const uplink = matrix([6, 0, 0, 0, -4.8, 0], [0, 0, 0, 0, 6.4, 0]);

const scale = { minDb: -60, stepDb: 0.5, bits: 8 };
/** 13 is 22.28 dB, of which the grid makes 22.5 dB. */
const norm = 10 ** (22.5 / 20);
/** sinc(1/4), by which two phase bits shrink. */
const shrink = Math.sin(Math.PI / 4) / (Math.PI / 4);

interface Case {
  readonly options: Omit<FamilyOptions, 'id' | 'numAntennas' | 'numDelays'>;
  /** Codeword bytes: level 128 stands for 1/256, each one above for 1/128 more. */
  readonly codeword: readonly number[];
  readonly scale: number;
  readonly phase: readonly number[];
  readonly payloadBits: Payload['payloadBits'];
  readonly estimate: readonly number[];
  readonly withoutUplink: readonly number[];
}

const cases: Record<string, Case> = {
  // 3/13 and 4/13 lie in steps 29 and 39 of 1/128.
  'spherical magnitudes': {
    options: { normalization: { kind: 'spherical', scale }, maxBits: 2, silent: [0] },
    codeword: [128 + 29, 128 + 39],
    scale: 165,
    // -90 degrees, 0, 0, 180, 0.
    phase: [0b11_00_00_10, 0b00_000000],
    payloadBits: { codeword: 16, scale: 8, phase: 10, total: 34 },
    estimate: [...[0, 0, 0, 0, -0.8 * norm * shrink, 0], ...[0, (-39.5 / 128) * norm * shrink, 0, 0, 0, 0]],
    withoutUplink: [...[0, 0, 0, 0, 0, 0], ...[0, (-39.5 / 128) * norm * shrink, 0, 0, 0, 0]],
  },
  // 3 and 4 of 16 are mapped to 0.59375 and 0.625, the lower ends of steps 76 and 80; half a step is worth 1/8.
  'minmax magnitudes': {
    options: {
      normalization: { kind: 'minmax', downlink: { min: 0, max: 16 }, uplink: { min: 0, max: 10 } },
      maxBits: 2,
      silent: [0],
    },
    codeword: [128 + 76, 128 + 80],
    scale: 0,
    phase: [0b11_00_00_10, 0b00_000000],
    payloadBits: { codeword: 16, scale: 0, phase: 10, total: 26 },
    // The uplink's 8 of 10 read as downlink: 0.8 of 16.
    estimate: [...[0, 0, 0, 0, -12.8 * shrink, 0], ...[0, -4.125 * shrink, 0, 0, 0, 0]],
    withoutUplink: [...[0, 0, 0, 0, 0, 0], ...[0, -4.125 * shrink, 0, 0, 0, 0]],
  },
  // The codeword speaks for the real parts 3/13 and 0; the second of them has no sign bit.
  'spherical parts': {
    options: { planes: 'absolute-parts', normalization: { kind: 'spherical', scale }, maxBits: 1, silent: [1] },
    codeword: [128 + 29, 128],
    scale: 165,
    // Real parts +, (none), +, +, -, +; imaginary ones +, -, +, +, +, +.
    phase: [0b00010_010, 0b000_00000],
    payloadBits: { codeword: 16, scale: 8, phase: 11, total: 35 },
    estimate: [...[(29.5 / 128) * norm, 0, 0, 0, -0.48 * norm, 0], ...[0, 0, 0, 0, 0.64 * norm, 0]],
    withoutUplink: [...[(29.5 / 128) * norm, 0, 0, 0, 0, 0], ...[0, 0, 0, 0, 0, 0]],
  },
};

describe.each(Object.entries(cases))('a report of %s', (name, expected) => {
  let link: Awaited<ReturnType<typeof openLink>>;
  let report: Payload;

  beforeAll(async () => {
    link = await openLink({ ...shape, ...expected.options, id: name.replace(' ', '-') });
    report = await link.reports.encode(downlink, config);
  });
  afterAll(() => link.close());

  it('carries the codeword, the norm and the phases or signs', () => {
    const { codeword, scale: level, phase, payloadBits } = expected;
    expect(report).toEqual({
      codeword: Uint8Array.from(codeword),
      scale: level,
      phase: Uint8Array.from(phase),
      payloadBits,
    });
    expect(link.receive(report).length).toBeLessThanOrEqual(link.maxRecordBytes);
  });

  it('carries neither phases nor signs at a theta that no component reaches', async () => {
    const { codeword, phase, payloadBits } = await link.reports.encode(downlink, { ...config, phaseTheta: 2 ** 24 });
    expect(codeword).toEqual(report.codeword);
    expect([phase.length, payloadBits.phase]).toEqual([0, 0]);
    expect(payloadBits.total).toBe((payloadBits.codeword ?? 0) + (payloadBits.scale ?? 0));
  });

  it('is decoded with its uplink and without, side by side', async () => {
    const [fresh, alone] = await link.decode([report, report], [uplink.values, undefined]);
    expectClose(fresh, expected.estimate);
    expectClose(alone, expected.withoutUplink);
  });

  it('is refused where its phase field is not what its codeword asks for, which leaves the next unharmed', async () => {
    const last = report.phase.length - 1;
    const padded = { ...report, phase: report.phase.map((byte, i) => (i === last ? byte | 1 : byte)) };
    const longer = { ...report, payloadBits: { ...report.payloadBits, total: report.payloadBits.total + 1 } };
    expect(await link.statuses([padded, longer, report])).toEqual(['phase', 'phase', 'decoded']);
  });

  it('may not be longer than the model allows, and may have no other scale than the model has', () => {
    const { phase, payloadBits } = expected;
    const fixed = (payloadBits.codeword ?? 0) + (payloadBits.scale ?? 0);
    const withTotal = (total: number) => ({ ...report, phase: new Uint8Array(2), payloadBits: { total } });
    // Six entries of two phase bits, or twelve parts of one sign bit.
    expect(link.receive(withTotal(fixed + 12)).length).toBe(link.maxRecordBytes);
    expect(() => link.receive(withTotal(fixed + 13))).toThrow('payloadBits: ');
    expect(() => link.receive({ ...report, scale: 2 ** (payloadBits.scale ?? 0) })).toThrow('scale: ');
    expect(phase.length).toBe(2);
  });
});

describe('createOrtEncoder', () => {
  it('refuses a graph with another input than the planes of its manifest', async () => {
    const normalization = { kind: 'spherical', scale } as const;
    const magnitudes = await bundleOf(await familyModel({ ...shape, id: 'a', normalization, maxBits: 2 }));
    const parts = await bundleOf(
      await familyModel({ ...shape, id: 'b', planes: 'absolute-parts', normalization, maxBits: 1 }),
    );
    const mixed = { ...parts, files: magnitudes.files };
    await expect(createOrtEncoder(mixed)).rejects.toMatchObject({
      code: 'model-invalid',
      message: 'b/encoder.onnx: takes magnitude, the manifest asks for parts; rename it as the network is exported',
    });
  });
});

/** Both ends of a model. */
async function openLink(options: FamilyOptions) {
  const bundle = await bundleOf(await familyModel(options));
  const reports = await createOrtEncoder(bundle);
  const codec = createBsCodec(bundle.codec);
  const graph = await openOrtGraph(bundle.files.get('decoder') as Uint8Array, 'cpu', { intraOpNumThreads: 1 });
  const decoder = codec.createDecoder({ decoder: graph }, 3);
  const receive = (payload: Payload) => codec.receive({ ...payload, payloadBits: payload.payloadBits.total }, config);
  const decodeRows = async (payloads: readonly Payload[], uplinks: readonly (Float32Array | undefined)[]) => {
    const rows = payloads.map((payload, i) => ({
      record: receive(payload),
      uplink: uplinks[i],
      estimate: new Float32Array(12),
    }));
    return { rows, statuses: await decoder.decode(rows) };
  };
  return {
    reports,
    receive,
    maxRecordBytes: codec.maxRecordBytes,
    decode: async (payloads: readonly Payload[], uplinks: readonly (Float32Array | undefined)[]) =>
      (await decodeRows(payloads, uplinks)).rows.map(({ estimate }) => estimate),
    statuses: async (payloads: readonly Payload[]) =>
      (
        await decodeRows(
          payloads,
          payloads.map(() => uplink.values),
        )
      ).statuses,
    close: async () => {
      await Promise.all([reports.close(), graph.release()]);
    },
  };
}

function matrix(re: readonly number[], im: readonly number[]): AngularDelayCsi {
  return { domain: 'angular-delay', ...shape, values: Float32Array.from([...re, ...im]) };
}

function expectClose(values: Float32Array | undefined, expected: readonly number[]): void {
  expect(values?.length).toBe(expected.length);
  for (const [i, value] of expected.entries()) expect(values?.[i], `value ${i}`).toBeCloseTo(value, 5);
}
