import { createRandom, defaultCarriers, withEstimationNoise } from '@edge-csi/csi';
import type { CsiSource } from '@edge-csi/csi/files';
import {
  type LinkSample,
  linkSamples,
  openData,
  pathSchemes,
  pathSpecOf,
  raytracedSampleData,
  sampleData,
  simulatedSource,
  spreadIndices,
} from '@edge-csi/lab';
import { expect, it } from 'vitest';
import { knownPathScheme } from '../../../scripts/lab/src/schemes/path-scheme.ts';
import { type RatePoint, sweep } from '../../../scripts/lab/src/schemes/scheme.ts';

const link = { numAntennas: 32, numDelays: 32, numSubcarriers: 1024, bandwidthHz: 20e6, timing: 'absolute' } as const;
const wideband = { ...link, downlinkCarrierHz: 5.3e9, uplinkCarrierHz: 5.1e9 };
const spec = pathSpecOf(link);
const numSamples = 5;

const simulated = (scenario: 'cost2100-outdoor' | 'umi' | 'cdl-c') => {
  const view = { ...link, ...defaultCarriers(scenario) };
  return { source: async () => simulatedSource(scenario, numSamples, view, 1), view };
};
const file = (path: string) => ({ source: () => openData({ path, csi: wideband }), view: wideband });

/** Samples with an uplink of that SNR. */
function samplesOf(source: CsiSource, uplinkSnrDb: number): LinkSample[] {
  const random = createRandom(2);
  return spreadIndices(source, numSamples).flatMap((index) =>
    linkSamples(source, index, index + 1).map(({ uplink, ...sample }) => ({
      ...sample,
      uplink: uplink && withEstimationNoise(uplink, uplinkSnrDb, random),
    })),
  );
}

/** NMSE of a curve at that many bits, on the line between two points. */
function nmseAt(curve: readonly RatePoint[], bits: number): number {
  const next = curve.findIndex((point) => point.bits >= bits);
  const [low, high] = [curve[next - 1], curve[next]];
  if (low?.nmseDb === undefined || high?.nmseDb === undefined) throw new RangeError(`no points around ${bits} bits`);
  return low.nmseDb + ((bits - low.bits) / (high.bits - low.bits)) * (high.nmseDb - low.nmseDb);
}

it.each([
  ['indoor', 20, 2, file(sampleData)],
  ['indoor', 0, 0.5, file(sampleData)],
  ['munich', 20, 1, file(raytracedSampleData)],
  ['outdoor', 20, 0, simulated('cost2100-outdoor')],
  ['outdoor', -20, -0.1, simulated('cost2100-outdoor')],
  ['umi', 20, -0.1, simulated('umi')],
  ['cdl-c', 20, -0.1, simulated('cdl-c')],
] as const)('known paths gain as much at equal bits, %s with an uplink at %d dB: %d dB', async (...given) => {
  const [, uplinkSnrDb, gainDb, { source, view }] = given;
  const measure = samplesOf(await source(), uplinkSnrDb);
  const samples = { measure, select: measure };
  const known = knownPathScheme(spec, view.downlinkCarrierHz / view.uplinkCarrierHz);
  const at = (...pricesDb: readonly number[]) => ({ settings: pricesDb.map((bitPriceDb) => ({ bitPriceDb })) });
  const curve = await sweep({ ...known, ...at(-24, -28, -32) }, samples, () => undefined);
  const alone = { ...pathSchemes(spec)[0], ...at(...Array.from({ length: 15 }, (_, i) => -13 - 2 * i)) };
  const fresh = await sweep(alone, samples, () => undefined);
  expect(curve).toHaveLength(3);
  for (const { bits, nmseDb = 0, hintBits = 0 } of curve) {
    expect(hintBits).toBeGreaterThan(5);
    expect(nmseAt(fresh, bits) - nmseDb).toBeGreaterThan(gainDb);
  }
});
