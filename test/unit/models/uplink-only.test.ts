import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isUplinkOnly, parseUplinkOnlyManifest } from '@edge-csi/models';
import { listModels, listUplinkOnlyModels, loadUplinkOnlyModel, readZoo, zooDirectory } from '@edge-csi/models/disk';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tinyUplinkOnly, writeTinyUplinkOnly } from './tiny-uplink-only.ts';

describe('parseUplinkOnlyManifest', () => {
  it('keeps what the decode stage needs', async () => {
    const { manifest } = await tinyUplinkOnly();
    expect(parseUplinkOnlyManifest(JSON.parse(JSON.stringify(manifest)))).toEqual(manifest);
    expect(manifest.normalization.downlinkOverUplinkDb).toBe(6);
    expect(isUplinkOnly(manifest)).toBe(true);
  });

  it.each([
    ['another schema', { schema: 'edge-csi/manifest@1' }, 'schema'],
    ['an id that would leave its folder', { id: '../x' }, 'id'],
    ['no ratio of the norms', { normalization: { kind: 'spherical' } }, 'normalization.downlinkOverUplinkDb'],
    ['an infinite ratio', { normalization: { kind: 'spherical', downlinkOverUplinkDb: Infinity } }, 'normalization'],
    ['an encoder', { files: { encoder: {} } }, 'files'],
  ])('names the field of %s', async (_, change, field) => {
    const json = { ...(await tinyUplinkOnly()).manifest, ...change };
    const parse = () => parseUplinkOnlyManifest(json);
    expect(parse).toThrowError(expect.objectContaining({ code: 'model-invalid' }));
    expect(parse).toThrowError(`manifest: ${field}`);
  });
});

describe('a zoo with models of both kinds', () => {
  const reportModel = 'dualnet-mag-m43';
  let zoo: string;

  beforeEach(async () => {
    zoo = await mkdtemp(path.join(tmpdir(), 'edge-csi-zoo-'));
    await cp(path.join(zooDirectory(), reportModel), path.join(zoo, reportModel), { recursive: true });
    await writeTinyUplinkOnly(zoo);
  });
  afterEach(() => rm(zoo, { recursive: true }));

  it('lists each kind apart, and both with their folders', async () => {
    expect((await listModels(zoo)).map(({ id }) => id)).toEqual([reportModel]);
    expect((await listUplinkOnlyModels(zoo)).map(({ id }) => id)).toEqual(['tiny-u2d']);
    const entries = (await readZoo(zoo)).map(({ folder, manifest }) => [folder, manifest.id]);
    expect(entries).toEqual([
      [reportModel, reportModel],
      ['tiny-u2d', 'tiny-u2d'],
    ]);
  });

  it('still refuses a manifest that is of neither kind', async () => {
    await writeFile(path.join(zoo, 'tiny-u2d', 'manifest.json'), JSON.stringify({ schema: 'edge-csi/uplink-only@2' }));
    await expect(listModels(zoo)).rejects.toMatchObject({ code: 'model-invalid' });
  });

  it('loads the network, and refuses one whose bytes changed', async () => {
    const { decoder } = await tinyUplinkOnly();
    const folder = path.join(zoo, 'tiny-u2d');
    const loaded = await loadUplinkOnlyModel(folder);
    expect([...loaded.decoder]).toEqual([...decoder]);
    await writeFile(path.join(folder, 'decoder.onnx'), decoder.with(0, 0));
    await expect(loadUplinkOnlyModel(folder)).rejects.toThrowError(/tiny-u2d\/decoder\.onnx: sha256 is/);
  });
});
