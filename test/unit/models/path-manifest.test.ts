import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createBsCodec } from '@edge-csi/csi';
import {
  createPathManifest,
  isPathModel,
  loadBundle,
  type PathManifest,
  pairingHash,
  parsePathManifest,
  parseReportManifest,
  toHex,
} from '@edge-csi/models';
import { listModels, listReportModels, loadModel, loadReportModel } from '@edge-csi/models/disk';
import { describe, expect, it } from 'vitest';

const csi = {
  ...{ numAntennas: 8, numDelays: 16, numSubcarriers: 256 },
  ...{ bandwidthHz: 20e6, downlinkCarrierHz: 3.5e9, uplinkCarrierHz: 3.4e9, timing: 'absolute' as const },
};
const manifest = createPathManifest({ id: 'paths-8', csi });

describe('a manifest of path reports', () => {
  it('is read back from JSON, whole', () => {
    expect(parseReportManifest(JSON.parse(JSON.stringify(manifest)))).toEqual(manifest);
    expect(isPathModel(manifest)).toBe(true);
  });

  it('describes a codec of the array and band, without files', async () => {
    const bundle = await loadBundle(manifest, () => Promise.reject(new Error('a file was read')), ['encoder']);
    expect(createBsCodec(bundle.codec).shape).toEqual({ numAntennas: 8, numDelays: 16 });
    expect(bundle.files.size).toBe(0);
  });

  it('takes planar arrays', () => {
    const planar = createPathManifest({ id: 'planar', csi, array: [4, 2] });
    expect(planar.paths.antennas).toEqual([4, 2]);
  });

  it.each<[string, (json: PathManifest) => unknown, string]>([
    ['another schema', (json) => ({ ...json, schema: 'edge-csi/paths@2' }), 'schema'],
    ['files', (json) => ({ ...json, files: { encoder: {} } }), 'files'],
    ['another array than its CSI', (json) => ({ ...json, csi: { ...csi, numAntennas: 9 } }), 'axes of the array'],
    ['a cap beyond the format', (json) => ({ ...json, rate: { ...json.rate, maxPayloadBits: 2001 } }), 'rate'],
    [
      'a table of another length',
      (json) => ({ ...json, paths: { ...json.paths, tables: { ...json.paths.tables, delay: [1] } } }),
      'tables.delay has 1 entries',
    ],
    ['Doppler shifts', (json) => ({ ...json, paths: { ...json.paths, doppler: true } }), 'paths.doppler'],
  ])('with %s is refused by name', (_, change, message) => {
    const parse = () => parsePathManifest(JSON.parse(JSON.stringify(change(manifest))));
    expect(parse).toThrow(message);
    expect(parse).toThrow(expect.objectContaining({ code: 'model-invalid' }));
  });
});

describe('the pairing hash of path reports', () => {
  const hash = async (change: (m: PathManifest) => PathManifest) => toHex(await pairingHash(change(manifest)));
  const ones = { re: Array(8).fill(1), im: Array(8).fill(0) };

  it.each<[string, (m: PathManifest) => PathManifest]>([
    ['id', (m) => ({ ...m, id: 'other' })],
    ['array', (m) => ({ ...m, paths: { ...m.paths, antennas: [4, 2] } })],
    ['delays', (m) => ({ ...m, csi: { ...m.csi, numDelays: 15 } })],
    ['subcarriers', (m) => ({ ...m, csi: { ...m.csi, numSubcarriers: 255 } })],
    ['most paths', (m) => ({ ...m, paths: { ...m.paths, maxPaths: 8 } })],
    ['tables', (m) => ({ ...m, paths: { ...m.paths, tables: { ...m.paths.tables, near: [1, 2] } } })],
    ['response', (m) => ({ ...m, paths: { ...m.paths, response: ones } })],
  ])('covers the %s', async (_, change) => {
    expect(await hash(change)).not.toBe(await hash((m) => m));
  });

  it('covers no figure, no default of a knob and no carrier', async () => {
    const measured = [{ data: 'x.npz', nmseDb: -25 }];
    const rate = { maxPayloadBits: 80, bitPriceTenthDb: 0 };
    const other = await hash((m) => ({ ...m, measured, rate, csi: { ...m.csi, uplinkCarrierHz: 3e9 } }));
    expect(other).toBe(await hash((m) => m));
  });
});

it('a zoo lists path models behind those of networks, and hands no networks out for them', async () => {
  const zoo = await mkdtemp(path.join(tmpdir(), 'edge-csi-zoo-'));
  const folder = path.join(zoo, manifest.id);
  await mkdir(folder);
  await writeFile(path.join(folder, 'manifest.json'), JSON.stringify(manifest));
  expect(await listModels(zoo)).toEqual([]);
  expect(await listReportModels(zoo)).toEqual([manifest]);
  expect((await loadReportModel(folder, ['encoder'])).manifest).toEqual(manifest);
  await expect(loadModel(folder, ['encoder'])).rejects.toThrow(
    'paths-8 is a model of path reports: it has no networks',
  );
  await rm(zoo, { recursive: true });
});
