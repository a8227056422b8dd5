import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { simulatedSource } from '../../../scripts/lab/src/data.ts';

const view = {
  numAntennas: 8,
  numDelays: 16,
  numSubcarriers: 1024,
  bandwidthHz: 20e6,
  downlinkCarrierHz: 5.3e9,
  uplinkCarrierHz: 5.1e9,
  timing: 'absolute',
} as const;

it('begins again where an earlier sample is read', () => {
  const source = simulatedSource('cost2100-indoor', 50, view, 7);
  const fresh = () => simulatedSource('cost2100-indoor', 50, view, 7);
  source.downlink(30);
  expect(source.downlink(3)).toEqual(fresh().downlink(3));
  expect(source.uplink(30)).toEqual(fresh().uplink(30));
  expect(source.uplink(30)?.values).not.toEqual(source.downlink(30).values);
  expect(() => source.downlink(50)).toThrow(/index is 50, must be 0..49/);
});

it('puts some twenty samples in one environment, each at a distance of its own', () => {
  const source = simulatedSource('cost2100-indoor', 50, view, 7);
  const environments = Array.from({ length: 50 }, (_, index) => source.environment?.(index));
  expect(new Set(environments).size).toBe(3);
  const distances = Array.from({ length: 50 }, (_, index) => source.distanceM?.(index));
  expect(new Set(distances).size).toBe(50);
});

it('holds no more memory after many samples than after few', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const source = simulatedSource('cost2100-indoor', 5000, view, 7);
  const heldAfter = (last: number) => {
    for (let index = last - 400; index <= last; index++) source.downlink(index);
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const few = heldAfter(400);
  // A sample and its matrix take some 6 kB: 2,400 of them would show.
  expect(heldAfter(2800) - few).toBeLessThan(6e6);
}, 30_000);
