import { type AngularDelayCsi, pathCodecSpec } from '@edge-csi/csi';
import { createPathCodec, type PathCodec, type PathRate } from '@edge-csi/csi/paths';
import { beforeAll, describe, expect, it } from 'vitest';
import { energyOf } from '../../unit/csi/paths/channel.ts';
import { buildCHost, type CReport, missingCompiler, runCHost } from './c-host.ts';
import { arrays, channels, edgeCases, edgeRates, outcomeOf, rateOf } from './cases.ts';

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
    const requests = channels(codec, 64).map((csi, i) => ({ csi, rate: rateOf(csi, i) }));
    const reports = runCHost(program, spec, requests);
    for (const [i, { csi, rate }] of requests.entries()) {
      const { payload, bits, squaredErrorRatio } = codec.encode(csi, rate);
      const report = reports[i] as CReport;
      expect(`${i}: ${report.payload.toString('hex')}`).toBe(`${i}: ${Buffer.from(payload).toString('hex')}`);
      expect(report.bits).toBe(bits);
      expect(report.squaredErrorRatio).toBe(Math.fround(squaredErrorRatio));
      expectSamePaths(codec, report, csi);
    }
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
