import { type AngularDelayCsi, pathCodecSpec } from '@edge-csi/csi';
import {
  createPathCodec,
  createPathUeMemory,
  type KnownPaths,
  knownOf,
  type PathCodec,
  type PathRate,
  packHint,
} from '@edge-csi/csi/paths';
import { beforeAll, describe, expect, it } from 'vitest';
import { energyOf } from '../../unit/csi/paths/channel.ts';
import {
  buildCHost,
  type CReport,
  type CRequest,
  missingCompiler,
  readCHints,
  rememberInC,
  runCHost,
} from './c-host.ts';
import { arrays, channels, edgeCases, edgeRates, listOf, outcomeOf, rateOf } from './cases.ts';
import { hintedCodec, hintedRequests } from './hinted-channels.ts';

const missing = missingCompiler();
console.log(
  missing === undefined ? 'path codec in C: compiled for this machine' : `path codec in C: skipped, ${missing}`,
);

const small = createPathCodec(pathCodecSpec({ antennas: 27, numDelays: 16, numSubcarriers: 512, maxPaths: 12 }));

describe.runIf(missing === undefined)('the path codec in C', () => {
  let program: string;
  beforeAll(() => {
    program = buildCHost();
  });

  it.each(arrays)('writes the payloads of TypeScript, bit for bit: $what', ({ antennas, numDelays, ...rest }) => {
    const spec = pathCodecSpec({ antennas, numDelays, numSubcarriers: 512, maxPaths: 12, ...rest });
    const codec = createPathCodec(spec);
    const alone = channels(codec, 64).map((csi, i): CRequest => ({ csi, rate: rateOf(csi, i) }));
    const listed = alone.slice(0, 24).map((request, i) => ({ ...request, known: listOf(codec, i) }));
    expectSameReports(program, codec, [...alone, ...listed]);
  });

  it('refers to hints as TypeScript does, at every rate, indoors, outdoors and in Munich', async () => {
    expectSameReports(program, hintedCodec, await hintedRequests());
  });

  it('reads hints as TypeScript packs them, and no others', async () => {
    const lists = (await hintedRequests()).map(({ known }) => known);
    const hints = lists.map((known) => ({ version: known.version, ...packHint(hintedCodec.spec, known) }));
    expect(readCHints(program, hintedCodec.spec, hints)).toEqual(lists);
    const { version, bytes } = hints[0] as (typeof hints)[number];
    const wrong = [bytes.subarray(0, -1), Uint8Array.of(...bytes, 0), new Uint8Array(0), bytes.map(() => 255)];
    const refused = readCHints(program, hintedCodec.spec, [
      ...wrong.map((bytes) => ({ version, bytes })),
      { version: 0, bytes },
    ]);
    expect(refused).toEqual(refused.map(() => -3));
  });

  it('remembers decoded reports as the memory of a session does, by themselves and with a hint', async () => {
    const { spec } = hintedCodec;
    const requests = await hintedRequests();
    const cases = requests.flatMap(({ csi, rate, known: hinted }, i) => {
      const { bytes } = packHint(spec, hinted);
      return (['without a hint', 'hinted before', 'hinted meanwhile'] as const).map((when) => {
        const seq = 3 * i + 7;
        const memory = createPathUeMemory(spec);
        if (when === 'hinted before') memory.hinted(hinted.version, bytes);
        const recalled = memory.recall();
        const { payload, bits, knownVersion } = hintedCodec.encode(csi, rate, knownOf(recalled));
        const reference = knownVersion === undefined ? undefined : recalled;
        memory.sent(seq, {
          ...{ codeword: payload, scale: 0, phase: new Uint8Array(0), payloadBits: { total: bits } },
          ...(reference && { reference }),
        });
        if (when === 'hinted meanwhile') memory.hinted(hinted.version, bytes);
        memory.answered(seq, 'decoded');
        const now = memory.recall();
        const expected = knownOf(now);
        const report = { seq, payload, referred: knownOf(reference), hinted: now?.hint === 0 ? undefined : hinted };
        return { report, expected };
      });
    });
    const told = cases.filter(({ expected }) => expected !== undefined);
    expect(told.length).toBeGreaterThan(cases.length / 2);
    const lists = rememberInC(
      program,
      spec,
      told.map(({ report }) => report),
    );
    expect(lists).toEqual(told.map(({ expected }) => expected));
  });

  it.each(edgeCases(small))('reports or refuses as TypeScript does: $what', ({ csi }) => {
    for (const [i, report] of runCHost(
      program,
      small.spec,
      edgeRates.map((rate) => ({ csi, rate })),
    ).entries()) {
      const expected = outcomeOf(small, csi, edgeRates[i] as PathRate);
      expect(typeof report === 'number' ? 'refused' : report.payload.toString('hex')).toBe(expected);
    }
  });
});

/** Payloads are those of TypeScript, bit for bit, and decode to the same. */
function expectSameReports(program: string, codec: PathCodec, requests: readonly CRequest[]): void {
  const reports = runCHost(program, codec.spec, requests);
  for (const [i, { csi, rate, known }] of requests.entries()) {
    const { payload, bits, squaredErrorRatio, knownVersion } = codec.encode(csi, rate, known);
    const report = reports[i] as CReport;
    expect(`${i}: ${report.payload.toString('hex')}`).toBe(`${i}: ${Buffer.from(payload).toString('hex')}`);
    expect(report.bits).toBe(bits);
    expect(report.refers).toBe(knownVersion !== undefined);
    expect(report.squaredErrorRatio).toBe(Math.fround(squaredErrorRatio));
    expectSamePaths(codec, report, csi, report.refers ? known : undefined);
  }
}

/** Paths and matrix are those that TypeScript decodes, to float32 rounding. */
function expectSamePaths(
  codec: PathCodec,
  { payload, bits, paths, estimate }: CReport,
  csi: AngularDelayCsi,
  known: KnownPaths | undefined,
): void {
  const expected = codec.decodePaths(payload, bits, known);
  const matrix = new Float32Array(csi.values.length);
  codec.reconstructInto(matrix, expected);
  const energy = energyOf(matrix);
  expect(energyOf(matrix.map((value, i) => value - (estimate[i] as number)))).toBeLessThanOrEqual(1e-10 * energy);
  expect(paths.length).toBe(expected.length);
  codec.reconstructInto(estimate, paths);
  expect(energyOf(matrix.map((value, i) => value - (estimate[i] as number)))).toBeLessThanOrEqual(1e-9 * energy);
}
