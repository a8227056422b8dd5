import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadUplinkOnly } from '../../../bs-server/src/ops/model-catalog.ts';
import { writeTinyUplinkOnly } from '../models/tiny-uplink-only.ts';
import { servedModel } from './served-model.ts';

const served = [servedModel()];
const { csi } = servedModel().manifest;

describe('loadUplinkOnly', () => {
  let zoo: string;

  beforeEach(async () => {
    zoo = await mkdtemp(path.join(tmpdir(), 'edge-csi-zoo-'));
  });
  afterEach(() => rm(zoo, { recursive: true }));

  it('takes the one that was made for the CSI of a served model', async () => {
    expect(await loadUplinkOnly(zoo, undefined, served)).toBeUndefined();
    await writeTinyUplinkOnly(zoo, 'a-other-bands', { ...csi, uplinkCarrierHz: 260e6 });
    await writeTinyUplinkOnly(zoo, 'b-other-shape', { ...csi, numAntennas: 4 });
    expect(await loadUplinkOnly(zoo, undefined, served)).toBeUndefined();
    await writeTinyUplinkOnly(zoo, 'c-fits', csi);
    await writeTinyUplinkOnly(zoo, 'd-fits', csi);
    const loaded = await loadUplinkOnly(zoo, undefined, served);
    expect(loaded?.manifest.id).toBe('c-fits');
    expect(loaded?.decoder.length).toBe(loaded?.manifest.files.decoder.bytes);
    expect(await loadUplinkOnly(zoo, false, served)).toBeUndefined();
  });

  it('takes the one asked for, where its shape is served', async () => {
    await writeTinyUplinkOnly(zoo, 'a-fits', csi);
    await writeTinyUplinkOnly(zoo, 'b-other-bands', { ...csi, uplinkCarrierHz: 260e6 });
    await writeTinyUplinkOnly(zoo, 'c-other-shape', { ...csi, numAntennas: 4 });
    expect((await loadUplinkOnly(zoo, 'b-other-bands', served))?.manifest.id).toBe('b-other-bands');
    await expect(loadUplinkOnly(zoo, 'c-other-shape', served)).rejects.toMatchObject({
      code: 'model-unknown',
      message: 'uplink-only model c-other-shape takes 4 x 2, which no served model does',
    });
    await expect(loadUplinkOnly(zoo, 'nope', served)).rejects.toMatchObject({
      code: 'model-unknown',
      message: `uplink-only model nope is not in ${zoo}, which holds a-fits, b-other-bands, c-other-shape`,
    });
  });

  it('refuses one whose folder has another name, or whose network has changed', async () => {
    await writeTinyUplinkOnly(zoo, 'fits', csi);
    await writeFile(path.join(zoo, 'fits', 'decoder.onnx'), 'something else');
    await expect(loadUplinkOnly(zoo, 'fits', served)).rejects.toThrow(/decoder\.onnx: sha256 is/);
    await rename(path.join(zoo, 'fits'), path.join(zoo, 'renamed'));
    await expect(loadUplinkOnly(zoo, undefined, served)).rejects.toThrow(/folder .*renamed holds model fits/);
  });
});
