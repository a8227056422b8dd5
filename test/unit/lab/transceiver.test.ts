import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  type AngularDelayCsi,
  componentErrorRatio,
  createRandom,
  nmseDb,
  squaredErrorRatio,
  withEstimationNoise,
} from '@edge-csi/csi';
import { readManifest, zooDirectory } from '@edge-csi/models/disk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dataFor, openData, sampleData } from '../../../scripts/lab/src/data.ts';
import { openTransceiver } from '../../../scripts/lab/src/link/transceiver.ts';
import { type FamilyOptions, familyModel, writeFamilyModel } from '../../family-model.ts';

const shape = { numAntennas: 3, numDelays: 5 };
const spherical = { kind: 'spherical', scale: { minDb: -60, stepDb: 0.5, bits: 8 } } as const;
const minmax = { kind: 'minmax', downlink: { min: 0, max: 8 }, uplink: { min: 0, max: 8 } } as const;
const families: FamilyOptions[] = [
  { ...shape, id: 'spherical', normalization: spherical, maxBits: 8 },
  { ...shape, id: 'minmax', normalization: minmax, maxBits: 8 },
  { ...shape, id: 'parts', planes: 'absolute-parts', normalization: spherical, maxBits: 1 },
];

let zoo: string;

beforeAll(async () => {
  zoo = await mkdtemp(path.join(tmpdir(), 'edge-csi-transceiver-'));
});
afterAll(() => rm(zoo, { recursive: true }));

function randomCsi(seed: number): AngularDelayCsi {
  const random = createRandom(seed);
  return { domain: 'angular-delay', ...shape, values: Float32Array.from({ length: 30 }, () => random.gaussian()) };
}

function largestDifference(a: Float32Array, b: readonly number[]): number {
  expect(a.length).toBe(b.length);
  return Math.max(...b.map((value, i) => Math.abs(value - (a[i] as number))));
}

/** |h|, or |Re| and |Im|, as they are under minmax and in units of the norm otherwise. */
function componentsOf({ values }: AngularDelayCsi, { id }: FamilyOptions): number[] {
  const unit = id === 'minmax' ? 1 : Math.hypot(...values);
  if (id === 'parts') return Array.from(values, (value) => Math.abs(value) / unit);
  return Array.from(values.subarray(0, 15), (re, i) => Math.hypot(re, values[15 + i] as number) / unit);
}

/** The downlink with its true phases or signs on decoded components. */
function withTruePhase({ values }: AngularDelayCsi, decoded: Float32Array): Float32Array {
  return values.map((value, i) => {
    if (decoded.length === values.length) return Math.sign(value) * (decoded[i] as number);
    const entry = i % decoded.length;
    const magnitude = Math.hypot(values[entry] as number, values[decoded.length + entry] as number);
    return (value / magnitude) * (decoded[entry] as number);
  });
}

it('takes noise out of uplinks, of float codewords too', async () => {
  const manifest = await readManifest(path.join(zooDirectory(), 'dualnet-mag-m16'));
  const source = await openData(dataFor(manifest, { data: sampleData }));
  const transceiver = await openTransceiver(manifest, zooDirectory());
  const random = createRandom(1);
  const errorDb = async (noisy: (uplink: AngularDelayCsi) => AngularDelayCsi) => {
    const samples = Array.from({ length: 16 }, (_, i) => ({
      downlink: source.downlink(64 * i) as AngularDelayCsi,
      uplink: noisy(source.uplink(64 * i) as AngularDelayCsi),
    }));
    return nmseDb(
      ((await transceiver.carryFloat?.(samples)) ?? []).map(({ truth, decoded }) =>
        componentErrorRatio(truth, decoded),
      ),
    );
  };
  const clean = await errorDb((uplink) => uplink);
  expect(await errorDb((uplink) => withEstimationNoise(uplink, 10, random))).toBeLessThan(clean + 5);
  await transceiver.close();
});

describe.each(families)('a transceiver of $id', (options) => {
  it('gives float components whose error is that of complex CSI with perfect phases or signs', async () => {
    const model = await familyModel(options);
    await writeFamilyModel(zoo, model);
    const transceiver = await openTransceiver(model.manifest, zoo);
    const samples = [1, 2, 3].map((seed) => ({ downlink: randomCsi(seed), uplink: randomCsi(seed + 10) }));
    const floats = (await transceiver.carryFloat?.(samples)) ?? [];
    await transceiver.close();
    for (const [i, { downlink, uplink }] of samples.entries()) {
      const { truth, decoded } = floats[i] as (typeof floats)[number];
      const expectedTruth = componentsOf(downlink, options);
      expect(largestDifference(truth, expectedTruth)).toBeLessThan(1e-5);
      // The decoder knows the first two and takes the uplink's for the rest.
      const guessed = [...expectedTruth.slice(0, 2), ...componentsOf(uplink, options).slice(2)];
      expect(largestDifference(decoded, guessed)).toBeLessThan(1e-5);
      const norm = options.id === 'minmax' ? 1 : Math.hypot(...downlink.values);
      const values = withTruePhase(downlink, decoded).map((value) => norm * value);
      const expected = squaredErrorRatio(downlink, { ...downlink, values });
      expect(expected).toBeGreaterThan(0.1);
      expect(componentErrorRatio(truth, decoded)).toBeCloseTo(expected, 5);
    }
  });

  it('loses little on a downlink that equals its uplink, and tells what the report took', async () => {
    const model = await familyModel(options);
    await writeFamilyModel(zoo, model);
    const transceiver = await openTransceiver(model.manifest, zoo);
    const csi = randomCsi(4);
    const [received] = await transceiver.carry([{ downlink: csi, uplink: csi }], {});
    await transceiver.close();
    // What is left: half a step of the norm, phases of eight bits, and two components quantised.
    expect(squaredErrorRatio(csi, received?.estimate as AngularDelayCsi)).toBeLessThan(2e-3);
    const bits = { spherical: [8, 8 * 15], minmax: [0, 8 * 15], parts: [8, 30] }[options.id] as number[];
    expect(received?.payloadBits).toMatchObject({ codeword: 16, scale: bits[0], phase: bits[1] });
  });
});
