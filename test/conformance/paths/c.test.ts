import {
  type AngularDelayCsi,
  createPathCodec,
  createRandom,
  indoorPathTables,
  type PathCodec,
  type PathRate,
  pathCodecSpec,
} from '@edge-csi/csi';
import { beforeAll, describe, expect, it } from 'vitest';
import { addNoise, channelOf, drawPaths, energyOf } from '../../unit/csi/paths/channel.ts';
import { buildCHost, type CRate, type CReport, missingCompiler, runCHost } from './c-host.ts';

const missing = missingCompiler();
console.log(
  missing === undefined ? 'path codec in C: compiled for this machine' : `path codec in C: skipped, ${missing}`,
);

const arrays = [
  { what: '32 x 32', antennas: 32, numDelays: 32, tables: indoorPathTables },
  { what: '16 x 20', antennas: 16, numDelays: 20 },
  { what: '48 x 32', antennas: 48, numDelays: 32 },
  { what: '8 x 4 planar', antennas: [8, 4] as const, numDelays: 32 },
  { what: 'a single antenna', antennas: 1, numDelays: 30 },
] as const;

/** Sparse, rich and noisy channels, the weakest and the strongest in the range of float32. */
function channels(codec: PathCodec, count: number): AngularDelayCsi[] {
  const random = createRandom(17);
  return Array.from({ length: count }, (_, i) => {
    const csi = channelOf(codec, drawPaths(codec, 100 + i, [1, 3, 8, 40][i % 4] as number));
    const noisy = i % 3 === 0 ? addNoise(csi, i, energyOf(csi.values) / csi.values.length / 5) : csi;
    const scale = i % 5 === 0 ? 10 ** (20 * random.uniform() - 10) : 1;
    return { ...noisy, values: noisy.values.map((value) => value * scale) };
  });
}

/** Rates of every kind, one after the other. */
function rateOf(csi: AngularDelayCsi, i: number): PathRate {
  const noise = i % 2 === 0 ? { noiseVariance: (i % 4) * 1e-3 * energyOf(csi.values) } : {};
  if (i % 3 === 0) return { mode: 'cap', maxBits: [40, 90, 200, 700][i % 4] as number, ...noise };
  if (i % 3 === 1)
    return { mode: 'quality', bitPrice: Math.fround(10 ** (-1.5 - (i % 7) / 2)), maxBits: 500, ...noise };
  return { mode: 'quality', targetNmseDb: -5 - (i % 11), ...noise };
}

function cRateOf(rate: PathRate): CRate {
  const { maxBits = 2000, noiseVariance = -1 } = rate;
  const price = 'bitPrice' in rate ? rate.bitPrice : 0;
  const target = 'targetNmseDb' in rate ? 10 ** (rate.targetNmseDb / 10) : 0;
  return { maxBits, price, target, noise: noiseVariance };
}

describe.runIf(missing === undefined)('the path codec in C', () => {
  let program: string;
  beforeAll(() => {
    program = buildCHost();
  });

  it.each(arrays)('writes the payloads of TypeScript, bit for bit: $what', ({ antennas, numDelays, ...rest }) => {
    const spec = pathCodecSpec({ antennas, numDelays, numSubcarriers: 512, maxPaths: 12, ...rest });
    const codec = createPathCodec(spec);
    const requests = channels(codec, 64).map((csi, i) => ({ csi, rate: rateOf(csi, i) }));
    const reports = runCHost(
      program,
      spec,
      requests.map(({ csi, rate }) => ({ csi, rate: cRateOf(rate) })),
    );
    for (const [i, { csi, rate }] of requests.entries()) {
      const { payload, bits, squaredErrorRatio } = codec.encode(csi, rate);
      const report = reports[i] as CReport;
      expect(`${i}: ${report.payload.toString('hex')}`).toBe(`${i}: ${Buffer.from(payload).toString('hex')}`);
      expect(report.bits).toBe(bits);
      expect(report.squaredErrorRatio).toBe(Math.fround(squaredErrorRatio));
      expectSamePaths(codec, report, csi);
    }
  });
});

/** Paths and matrix are those that TypeScript decodes, to float32 rounding. */
function expectSamePaths(codec: PathCodec, { payload, paths, estimate }: CReport, csi: AngularDelayCsi): void {
  const expected = codec.decodePaths(payload);
  const matrix = new Float32Array(csi.values.length);
  codec.reconstructInto(matrix, expected);
  const energy = energyOf(matrix);
  expect(energyOf(matrix.map((value, i) => value - (estimate[i] as number)))).toBeLessThanOrEqual(1e-10 * energy);
  expect(paths.length).toBe(expected.length);
  codec.reconstructInto(estimate, paths);
  expect(energyOf(matrix.map((value, i) => value - (estimate[i] as number)))).toBeLessThanOrEqual(1e-9 * energy);
}
