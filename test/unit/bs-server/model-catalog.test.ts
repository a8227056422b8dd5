import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { listModels, zooDirectory } from '@edge-csi/models/disk';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { assertFramesFit } from '../../../bs-server/src/frame-limits.ts';
import { batchLayoutOf, loadCatalog, pairModel } from '../../../bs-server/src/model-catalog.ts';
import { modelRoutes } from '../../../bs-server/src/transport/model-routes.ts';
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
    await copyFile(path.join(zooDirectory, id, 'manifest.json'), path.join(directory, 'renamed', 'manifest.json'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('refuses a folder that is not named by its model, naming both', async () => {
    const message = `folder ${path.join(directory, 'renamed')} holds model ${id}: a model's folder must be named by its id`;
    const refusal = { name: 'CsiError', code: 'model-invalid', message };
    await expect(loadCatalog(directory, undefined)).rejects.toMatchObject(refusal);
    await expect(loadCatalog(directory, [id])).rejects.toMatchObject(refusal);
  });

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

describe('batchLayoutOf', () => {
  it('has room for the largest report of any model', () => {
    expect(batchLayoutOf(served, 16)).toEqual({
      maxBatchSize: 16,
      maxCodewordBytes: 2,
      maxPhaseBytes: 2,
      maxEntries: 4,
    });
  });
});

describe('assertFramesFit', () => {
  const { bundle } = served[0];
  const sized = (numAntennas: number, perEntry: number, maxBits: number) => ({
    ...bundle,
    manifest: { ...bundle.manifest, csi: { ...bundle.manifest.csi, numAntennas, numDelays: 32 } },
    allocation: { ...bundle.allocation, numEntries: perEntry * numAntennas * 32, maxBits },
  });

  it('lets a model of 128 x 32 through, with eight phase bits an entry or a sign a part', () => {
    expect(() => assertFramesFit(sized(128, 1, 8))).not.toThrow();
    expect(() => assertFramesFit(sized(128, 2, 1))).not.toThrow();
  });

  it('refuses a model whose reports or uplinks are longer than a frame, naming which', () => {
    expect(() => assertFramesFit(sized(512, 1, 8))).toThrow(
      expect.objectContaining({
        code: 'model-invalid',
        message: 'first is 512 x 32: a report takes up to 16898 bytes, a frame 16384',
      }),
    );
    expect(() => assertFramesFit(sized(1024, 1, 1))).toThrow('an uplink takes up to 262656 bytes, a frame 262144');
  });
});

describe('modelRoutes', () => {
  it('offers manifests, encoders and allocations and nothing else', () => {
    const { manifest, bundle, ...rest } = servedModel();
    const files = { ...manifest.files, allocation: { ...manifest.files.allocation, path: 'allocation.bin' } };
    const encoder = Uint8Array.of(1, 2, 3);
    const model = {
      ...rest,
      manifest: { ...manifest, files },
      bundle: { ...bundle, files: new Map([...bundle.files, ['encoder', encoder], ['decoder', encoder]] as const) },
    };
    const routes = modelRoutes([model]);
    expect([...routes.keys()].sort()).toEqual([
      '/models',
      '/models/tiny/allocation.bin',
      '/models/tiny/encoder.onnx',
      '/models/tiny/manifest.json',
    ]);
    expect(routes.get('/models/tiny/encoder.onnx')?.bytes).toBe(encoder);
  });
});
