import { createHash } from 'node:crypto';
import { copyFile, cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { listModels, zooDirectory } from '@edge-csi/models/disk';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { modelRoutes } from '../../../bs-server/src/net/model-routes.ts';
import {
  assertFramesFit,
  loadCatalog,
  loadServedModel,
  pairModel,
  type ServedModel,
  sameLink,
} from '../../../bs-server/src/ops/model-catalog.ts';
import { servedModel } from './served-model.ts';

const served = [servedModel('first', 0), servedModel('second', 1)] as const;
const wrongHash = new Uint8Array(32).fill(0xee);

describe('loadCatalog', () => {
  let directory: string;
  let id: string;

  beforeEach(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'edge-csi-catalog-'));
    id = (await listModels())[0]?.id as string;
    await mkdir(path.join(directory, 'renamed'));
    await copyFile(path.join(zooDirectory(), id, 'manifest.json'), path.join(directory, 'renamed', 'manifest.json'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('refuses a folder that is not named by its model, naming both', async () => {
    const message = `folder ${path.join(directory, 'renamed')} holds model ${id}: a model's folder must be named by its id`;
    const refusal = { name: 'CsiError', code: 'model-invalid', message };
    await expect(loadCatalog(directory, undefined)).rejects.toMatchObject(refusal);
    await expect(loadCatalog(directory, [id])).rejects.toMatchObject(refusal);
  });

  it('takes another folder by its name, beside the one named by the id', async () => {
    const zoo = await mkdtemp(path.join(tmpdir(), 'edge-csi-catalog-'));
    await cp(path.join(zooDirectory(), id), path.join(zoo, id), { recursive: true });
    await cp(path.join(zooDirectory(), id), path.join(zoo, 'next'), { recursive: true });
    const [served] = await loadCatalog(zoo, ['next']);
    expect(served).toMatchObject({ folder: 'next', ref: { id } });
    expect((await loadCatalog(zoo, undefined)).map(({ folder }) => folder)).toEqual([id]);
    await expect(loadCatalog(zoo, [id, 'next'])).rejects.toMatchObject({
      code: 'model-invalid',
      message: `folders ${id} and next of ${zoo} hold the same version, ${served?.version}`,
    });
    await rm(zoo, { recursive: true });
  });

  it.each(['../x', 'a/b', '/etc', '.', '..', '', '.hidden', 'a\\b', `${'a'.repeat(129)}`])(
    'reads no folder called %j',
    async (name) => {
      await expect(loadServedModel(directory, name)).rejects.toThrow(RangeError);
    },
  );

  it('refuses a model that no folder holds, naming those that are there', async () => {
    await expect(loadCatalog(directory, ['other'])).rejects.toMatchObject({
      code: 'model-unknown',
      message: `model other is not in ${directory}, which holds ${id}`,
    });
  });
});

describe('pairModel', () => {
  it('picks the server favourite for a UE that holds nothing', () => {
    expect(pairModel(served, [])).toBe(served[0]);
  });

  it('picks what the UE holds, and of several what the server prefers', () => {
    expect(pairModel(served, [served[1].ref])).toBe(served[1]);
    expect(pairModel(served, [{ id: 'other', sha256: wrongHash }, served[1].ref, served[0].ref])).toBe(served[0]);
  });

  it('passes over a model held in another version where there is one in common', () => {
    expect(pairModel(served, [{ id: 'first', sha256: wrongHash }, served[1].ref])).toBe(served[1]);
  });

  it('refuses another version of a served model, naming the right hash', () => {
    const pair = () => pairModel(served, [{ id: 'second', sha256: wrongHash }]);
    expect(pair).toThrow(expect.objectContaining({ code: 'model-mismatch', closeCode: 4404 }));
    expect(pair).toThrow(served[1].sha256);
  });

  it('refuses models that are not served, naming those that are', () => {
    const pair = () => pairModel(served, [{ id: 'other', sha256: wrongHash }]);
    expect(pair).toThrow(expect.objectContaining({ code: 'model-unknown', closeCode: 4404 }));
    expect(pair).toThrow('first, second');
  });
});

describe('assertFramesFit', () => {
  const { codec } = served[0];
  /** Of a codec with 9 bits of codeword. */
  const sized = (numAntennas: number, perEntry: number, maxBits: number) => ({
    ...codec,
    shape: { numAntennas, numDelays: 32 },
    maxPayloadBytes: 2 + (perEntry * numAntennas * 32 * maxBits) / 8,
  });

  it('lets a model of 128 x 32 through, with eight phase bits an entry or a sign a part', () => {
    expect(() => assertFramesFit('first', sized(128, 1, 8))).not.toThrow();
    expect(() => assertFramesFit('first', sized(128, 2, 1))).not.toThrow();
  });

  it('refuses a model whose reports or uplinks are longer than a frame, naming which', () => {
    expect(() => assertFramesFit('first', sized(512, 1, 8))).toThrow(
      expect.objectContaining({
        code: 'model-invalid',
        message: 'first is 512 x 32: a report takes up to 16898 bytes, a frame 16384; keep fewer delays',
      }),
    );
    expect(() => assertFramesFit('first', sized(1024, 1, 1))).toThrow(
      'an uplink takes up to 262656 bytes, a frame 262144',
    );
  });
});

describe('sameLink', () => {
  it('holds where antennas, bands and timing are the same, and not where one of them differs', () => {
    const [a, b] = served;
    expect(sameLink(a.manifest, b.manifest)).toBe(true);
    for (const other of [{ numAntennas: 4 }, { uplinkCarrierHz: 5.2e9 }, { timing: 'first-path' as const }]) {
      expect(sameLink(a.manifest, { csi: { ...b.manifest.csi, ...other } })).toBe(false);
    }
  });
});

describe('modelRoutes', () => {
  const encoder = Uint8Array.of(1, 2, 3);

  /** One whose folder holds an encoder and nothing else. */
  function withEncoder({ manifest, ...rest }: ReturnType<typeof servedModel>): ServedModel {
    const files = {
      ...manifest.files,
      encoder: { ...manifest.files.encoder, sha256: createHash('sha256').update(encoder).digest('hex') },
      allocation: { ...manifest.files.allocation, path: 'allocation.bin' },
    };
    const read = async (name: string) => (name === 'encoder.onnx' ? encoder : Uint8Array.of(9));
    return { ...rest, manifest: { ...manifest, files }, read };
  }

  it('offers manifests, encoders and allocations, with the hash and without, and nothing else', async () => {
    const routes = modelRoutes([withEncoder(servedModel())]);
    expect([...routes.keys()].sort()).toEqual([
      '/models',
      '/models/tiny/010101010101/allocation.bin',
      '/models/tiny/010101010101/encoder.onnx',
      '/models/tiny/010101010101/manifest.json',
      '/models/tiny/allocation.bin',
      '/models/tiny/encoder.onnx',
      '/models/tiny/manifest.json',
    ]);
    expect(await routes.get('/models/tiny/encoder.onnx')?.read()).toBe(encoder);
  });

  it('offers no file that is not what it was', async () => {
    const routes = modelRoutes([withEncoder(servedModel())]);
    await expect(routes.get('/models/tiny/allocation.bin')?.read()).rejects.toMatchObject({ code: 'model-invalid' });
  });

  it('lists what is served, active first, and offers what still drains under its own hash only', async () => {
    const [first, second, leaving] = [0, 1, 2].map((hash) => withEncoder(servedModel('tiny', hash)));
    const routes = modelRoutes([second, first] as ServedModel[], [second, first, leaving] as ServedModel[]);
    const { models } = JSON.parse(new TextDecoder().decode(await routes.get('/models')?.read()));
    expect(models).toMatchObject([
      { id: 'tiny', version: 'tiny@020202020202', active: true, url: '/models/tiny/020202020202/manifest.json' },
      { id: 'tiny', version: 'tiny@010101010101', active: false, url: '/models/tiny/010101010101/manifest.json' },
    ]);
    expect(routes.get('/models/tiny/manifest.json')?.etag).toBe(`"${second?.sha256}"`);
    expect(routes.get('/models/tiny/010101010101/manifest.json')?.etag).toBe(`"${first?.sha256}"`);
    expect(routes.get('/models/tiny/030303030303/manifest.json')?.etag).toBe(`"${leaving?.sha256}"`);
  });
});
