import { type AngularDelayCsi, createSynthesizer, toAngularDelay, toSpatialFrequency } from '@edge-csi/csi';
import { findCsiShape, openCsiSource, readPathList, writeNpz } from '@edge-csi/csi/files';
import { expect, it } from 'vitest';
import { bandOf, fixturePath, relativeError, scenarios } from './golden.ts';
import { temporaryPath } from './temporary.ts';

const [indoor] = scenarios;
const array = [4, 3] as const;
const link = {
  ...{ numAntennas: 12, numDelays: 8, numSubcarriers: 64, bandwidthHz: 20e6, timing: 'absolute' as const },
  downlinkCarrierHz: indoor.downlinkCarrierHz,
  uplinkCarrierHz: indoor.uplinkCarrierHz,
};

/** A plane wave, exp(-j 2 pi (i / 4 + 2 j / 3)) at element (i, j), of delay 5: one entry over angles and delays. */
function planeWave() {
  const { numSubcarriers } = link;
  const values = new Float32Array(2 * numSubcarriers * 12);
  for (let k = 0; k < numSubcarriers; k++) {
    for (let antenna = 0; antenna < 12; antenna++) {
      const turns = Math.floor(antenna / 3) / 4 + (2 * (antenna % 3)) / 3 + (5 * k) / numSubcarriers;
      values[k * 12 + antenna] = Math.cos(2 * Math.PI * turns);
      values[(numSubcarriers + k) * 12 + antenna] = -Math.sin(2 * Math.PI * turns);
    }
  }
  return { domain: 'spatial-frequency' as const, numSubcarriers, numAntennas: 12, values };
}

it('a plane wave is one entry of the angles of a planar array, and comes back', () => {
  const wave = planeWave();
  const csi = toAngularDelay(wave, 8, array);
  const peak = (1 * 3 + 2) * 8 + 5;
  expect(csi.values[peak]).toBeCloseTo(Math.sqrt(64 * 12), 4);
  expect(csi.values.filter((value) => Math.abs(value) > 1e-4).length).toBe(1);
  expect(relativeError(toSpatialFrequency(csi, 64, array).values, wave.values)).toBeLessThan(1e-6);
  expect(() => toAngularDelay(wave, 8, [4, 4])).toThrow(RangeError);
});

it('paths are synthesised for a planar array, the second axis upright', async () => {
  const paths = await readPathList(fixturePath('paths-indoor.npz'));
  const band = { ...bandOf(indoor, 'downlink'), numSubcarriers: 64 };
  const csi = createSynthesizer(band, { ...link, array })(paths, 3);
  // Antenna by antenna: a linear array of one row of the plane, turned by what the paths advance along the other axis.
  const upright = Array.from({ length: paths.numSamples + 1 }, (_, i) => paths.pathStart[i] as number);
  const [first = 0, end = 0] = upright.slice(3, 5);
  const row = (i: number) => {
    const turn = (path: number) =>
      -Math.PI * i * Math.cos(paths.azimuthRad[path] as number) * Math.cos(paths.elevationRad[path] as number);
    const gainRe = paths.gainRe.map(
      (re, path) => re * Math.cos(turn(path)) - (paths.gainIm[path] as number) * Math.sin(turn(path)),
    );
    const gainIm = paths.gainIm.map(
      (im, path) => im * Math.cos(turn(path)) + (paths.gainRe[path] as number) * Math.sin(turn(path)),
    );
    // A linear array sees cos(azimuth) cos(elevation): here that is sin(elevation).
    const azimuthRad = paths.elevationRad.map((elevation) => Math.PI / 2 - elevation);
    const linear = { ...paths, gainRe, gainIm, azimuthRad, elevationRad: new Float32Array(paths.elevationRad.length) };
    return toSpatialFrequency(createSynthesizer(band, { numAntennas: 3, numDelays: 8 })(linear, 3), 64);
  };
  expect(end - first).toBeGreaterThan(3);
  const expected = new Float32Array(2 * 64 * 12);
  for (let i = 0; i < 4; i++) {
    const { values } = row(i);
    for (let k = 0; k < 2 * 64; k++)
      for (let j = 0; j < 3; j++) expected[k * 12 + 3 * i + j] = values[k * 3 + j] as number;
  }
  expect(relativeError(toSpatialFrequency(csi, 64, array).values, expected)).toBeLessThan(1e-5);
});

it('CSI over the subcarriers of a planar array is read with both axes, and its shape found', async () => {
  const path = await temporaryPath('panel.npz');
  const paths = await readPathList(fixturePath('paths-indoor.npz'));
  const synthesize = createSynthesizer({ ...bandOf(indoor, 'downlink'), numSubcarriers: 64 }, { ...link, array });
  const channels = Array.from({ length: 6 }, (_, i) => synthesize(paths, i));
  const data = new Float32Array(2 * 6 * 12 * 64);
  for (const [n, csi] of channels.entries()) {
    const { values } = toSpatialFrequency(csi, 64, array);
    for (let antenna = 0; antenna < 12; antenna++) {
      for (let k = 0; k < 64; k++) {
        const to = 2 * ((n * 12 + antenna) * 64 + k);
        data[to] = values[k * 12 + antenna] as number;
        data[to + 1] = values[(64 + k) * 12 + antenna] as number;
      }
    }
  }
  await writeNpz(path, { channel: { dtype: 'complex64', shape: [6, 12, 64], data } });
  const source = await openCsiSource(path, { ...link, array });
  for (const [i, { values }] of channels.entries()) {
    expect(relativeError((source.downlink(i) as AngularDelayCsi).values, values)).toBeLessThan(1e-5);
  }
  const linear = await openCsiSource(path, { ...link, layout: 'spatial-frequency' });
  expect(relativeError(linear.downlink(0).values, (channels[0] as AngularDelayCsi).values)).toBeGreaterThan(0.5);
  expect(await findCsiShape(path, { array })).toEqual({ numAntennas: 12, numDelays: 32, numSubcarriers: 64 });
  await expect(findCsiShape(path, { array: [4, 4] })).rejects.toThrow('with an array (--array) of 4 x 4 antennas');
});
