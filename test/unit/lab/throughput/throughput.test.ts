import { type AngularDelayCsi, createRandom, withEstimationNoise } from '@edge-csi/csi';
import type { CsiSource } from '@edge-csi/csi/files';
import { expect, it } from 'vitest';
import type { Scheme } from '../../../../scripts/lab/src/schemes/scheme.ts';
import { operatingPoints } from '../../../../scripts/lab/src/throughput/operating-points.ts';
import { perfectCsi, uplinkBeam, widebandBeam } from '../../../../scripts/lab/src/throughput/reference-schemes.ts';
import { type Contender, measureThroughput } from '../../../../scripts/lab/src/throughput/throughput.ts';

const shape = { numAntennas: 16, numDelays: 4 };
const numSamples = 40;

function matrix(seed: number): AngularDelayCsi {
  const random = createRandom(seed);
  const values = Float32Array.from({ length: 128 }, () => random.gaussian());
  return { domain: 'angular-delay', ...shape, values };
}

const source: CsiSource = {
  name: 'made up',
  numSamples,
  description: { downlink: 'made up', uplink: 'made up' },
  notes: [],
  columns: {},
  downlink: matrix,
  uplink: (index) => matrix(index + 1000),
  // In turn, so that neighbours in the file are of different cells.
  environment: (index) => index % 4,
};

/** Reports with noise: the more bits, the less of it. */
const noisy: Scheme = {
  name: 'noisy',
  family: 'network',
  settings: [{ bits: 10 }, { bits: 20 }, { bits: 30, excessDb: 40 }],
  carry: async (samples, { bits = 10, excessDb = 0 }, onReport) => {
    const random = createRandom(bits);
    for (const [i, { downlink }] of samples.entries()) {
      onReport(i, bits, withEstimationNoise(downlink, bits - excessDb, random));
    }
  },
};

const contenders: readonly Contender[] = [
  { scheme: perfectCsi, name: perfectCsi.name, isEstimate: false },
  { scheme: noisy, name: 'noisy', rival: uplinkBeam.name, isEstimate: true },
  { scheme: widebandBeam, name: widebandBeam.name, isEstimate: false },
  { scheme: uplinkBeam, name: uplinkBeam.name, isEstimate: false },
];

const { signal } = new AbortController();
const measurement = { source, samples: numSamples, contenders, seed: 7, signal, onProgress: () => undefined };

it('ranks what the BS knows, alone and with several UEs of one cell at once', async () => {
  const runs = await measureThroughput(measurement);
  expect(runs.map(({ samples, clusters }) => [samples, clusters])).toEqual(Array(4).fill([40, 4]));
  expect(runs.map(({ payloadBits }) => payloadBits)).toEqual([0, 10, 4, 0]);
  expect(runs[1]?.nmseDb).toBeCloseTo(-10, 0);
  const [perfect, model, beam, guess] = runs.map(({ throughput }) => throughput);
  expect(perfect?.map(({ users, snrDb }) => `${users} at ${snrDb}`)).toHaveLength(9);
  for (const [i, point] of (model ?? []).entries()) {
    const [best, gain] = [perfect?.[i]?.spectralEfficiency ?? 0, point.gain ?? 0];
    expect(point.spectralEfficiency).toBeLessThan(best);
    expect(point.ofPerfect).toBeCloseTo(point.spectralEfficiency / best, 9);
    expect(gain).toBeCloseTo(point.spectralEfficiency - (guess?.[i]?.spectralEfficiency ?? 0), 9);
    expect(point.gainInterval?.[0]).toBeLessThan(gain);
    expect(point.gainInterval?.[1]).toBeGreaterThan(gain);
    if (point.users > 1) continue;
    expect(point.spectralEfficiency).toBeGreaterThan(beam?.[i]?.spectralEfficiency ?? 0);
    // A beam of another channel is worth least.
    expect(guess?.[i]?.spectralEfficiency).toBeLessThan(beam?.[i]?.spectralEfficiency ?? 0);
  }
});

it('is of single UEs alone where there is no telling which share a cell', async () => {
  const { environment: _, ...rest } = source;
  const [perfect] = await measureThroughput({ ...measurement, source: rest });
  expect(perfect?.clusters).toBe(40);
  expect(perfect?.throughput.map(({ users }) => users)).toEqual([1, 1, 1]);
});

it('is of the cells so far where it is interrupted', async () => {
  const controller = new AbortController();
  const onProgress = () => controller.abort();
  const [perfect] = await measureThroughput({ ...measurement, signal: controller.signal, onProgress });
  expect([perfect?.samples, perfect?.clusters]).toEqual([10, 1]);
});

it('finds the settings of a scheme that are worth choosing', async () => {
  const samples = Array.from({ length: 8 }, (_, i) => ({ downlink: matrix(i), uplink: matrix(i + 1000) }));
  const done: number[] = [];
  const points = await operatingPoints(noisy, samples, (count) => done.push(count), signal);
  // Thirty bits with more noise than ten are not.
  expect(points.map(({ setting, bits }) => [setting.bits, bits])).toEqual([
    [10, 10],
    [20, 20],
  ]);
  expect(points[1]?.rate).toBeGreaterThan(points[0]?.rate as number);
  expect(done).toEqual([1, 2, 3]);
  const aborted = AbortSignal.abort();
  await expect(operatingPoints(noisy, samples, () => undefined, aborted)).rejects.toMatchObject({ name: 'AbortError' });
});
