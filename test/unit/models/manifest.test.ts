import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createDualnet } from '@edge-csi/csi/dualnet';
import { loadBundle, type Manifest, pairingHash, parseManifest, representationOf, toHex } from '@edge-csi/models';
import { listModels, loadModel, readManifest, zooDirectory } from '@edge-csi/models/disk';
import { describe, expect, it } from 'vitest';

const id = 'dualnet-mag-m43';
const manifestFile = path.join(zooDirectory(), id, 'manifest.json');

async function manifestJson(): Promise<Manifest> {
  return JSON.parse(await readFile(manifestFile, 'utf8'));
}

const minmax = { kind: 'minmax', downlink: { min: 0, max: 2.5 }, uplink: { min: 0, max: 3 } } as const;

/** A manifest of the zoo as one under minmax, which has no refiner. */
function minmaxOf(zoo: Manifest): Manifest {
  const { refiner, ...files } = zoo.files;
  return { ...zoo, normalization: minmax, files };
}

/** A manifest of the zoo as one on absolute parts. */
function partsOf(zoo: Manifest): Manifest {
  const { refiner, ...files } = zoo.files;
  const allocation = { ...files.allocation, bytes: 2 * files.allocation.bytes };
  return { ...zoo, planes: 'absolute-parts', phase: { ...zoo.phase, maxBits: 1 }, files: { ...files, allocation } };
}

describe('parseManifest', () => {
  it('accepts every manifest of the zoo and lists them by id', async () => {
    const ids = (await listModels()).map((manifest) => manifest.id);
    expect(ids).toContain(id);
    expect(ids).toContain(`${id}-full`);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('lists other families and larger arrays behind the models that are taken by default', async () => {
    const zoo = await mkdtemp(path.join(tmpdir(), 'edge-csi-zoo-'));
    const json = await manifestJson();
    const larger = { ...json, csi: { ...json.csi, numAntennas: 64 } };
    const allocation = { ...json.files.allocation, bytes: 2 * json.files.allocation.bytes };
    const manifests: Manifest[] = [
      { ...partsOf(json), id: 'a' },
      { ...minmaxOf(json), id: 'b' },
      { ...larger, id: 'c', files: { ...json.files, allocation } },
      { ...json, id: 'd10' },
      { ...json, id: 'd9' },
    ];
    for (const manifest of manifests) {
      await mkdir(path.join(zoo, manifest.id));
      await writeFile(path.join(zoo, manifest.id, 'manifest.json'), JSON.stringify(manifest));
    }
    expect((await listModels(zoo)).map(({ id }) => id)).toEqual(['d9', 'd10', 'c', 'b', 'a']);
    await rm(zoo, { recursive: true });
  });

  it.each([
    ['a wrong schema', { schema: 'edge-csi/manifest@9' }, 'schema'],
    ['an id that would leave its folder', { id: '../x' }, 'id'],
    ['a missing codeword', { codeword: undefined }, 'codeword'],
    ['a zero reduction', { reduction: 0 }, 'reduction'],
  ])('names the field of %s', async (_, change, field) => {
    const json = { ...(await manifestJson()), ...change };
    expect(() => parseManifest(json)).toThrowError(expect.objectContaining({ code: 'model-invalid' }));
    expect(() => parseManifest(json)).toThrowError(new RegExp(`manifest: ${field}`));
  });

  it('refuses as many quantiser entries as do not fit the codeword', async () => {
    const json = await manifestJson();
    const short = { ...json, codeword: { ...json.codeword, bits: json.codeword.bits.slice(1) } };
    expect(() => parseManifest(short)).toThrowError(/codeword\.length entries/);
  });

  it('accepts minmax magnitudes and spherical parts, and says how their networks see CSI', async () => {
    const zoo = await manifestJson();
    const { csi, normalization } = zoo;
    const shape = { numAntennas: csi.numAntennas, numDelays: csi.numDelays };
    const sees = (json: unknown) => representationOf(parseManifest(json));
    expect(sees(zoo)).toEqual({ ...shape, planes: 'magnitude', normalization });
    expect(sees({ ...zoo, planes: 'magnitude' })).toEqual(sees(zoo));
    expect(sees(minmaxOf(zoo))).toEqual({ ...shape, planes: 'magnitude', normalization: minmax });
    expect(sees(partsOf(zoo))).toEqual({ ...shape, planes: 'absolute-parts', normalization });
  });

  it.each<[string, (zoo: Manifest) => unknown, string]>([
    [
      'minmax with a refiner',
      (zoo) => ({ ...minmaxOf(zoo), files: zoo.files }),
      'files: a minmax model has no refiner',
    ],
    [
      'absolute parts with a refiner',
      (zoo) => ({ ...partsOf(zoo), files: { ...partsOf(zoo).files, refiner: zoo.files.refiner } }),
      'files: a model on absolute parts has no refiner',
    ],
    ['absolute parts under minmax', (zoo) => ({ ...partsOf(zoo), normalization: minmax }), 'normalization: a model on'],
    [
      'signs of more than one bit',
      (zoo) => ({ ...partsOf(zoo), phase: zoo.phase }),
      'phase: a model on absolute parts sends signs: phase.maxBits must be 1',
    ],
    [
      'an allocation that leaves out the imaginary parts',
      (zoo) => ({ ...partsOf(zoo), files: minmaxOf(zoo).files }),
      '2*Nt*Nd for absolute parts',
    ],
    [
      'an allocation with rows for parts that are not there',
      (zoo) => ({ ...minmaxOf(zoo), files: partsOf(zoo).files }),
      'files.allocation must hold',
    ],
    ['planes it does not know', (zoo) => ({ ...zoo, planes: 'signed' }), 'planes: '],
    [
      'a range without width',
      (zoo) => ({ ...minmaxOf(zoo), normalization: { ...minmax, uplink: { min: 2, max: 2 } } }),
      'normalization.uplink: max must be above min',
    ],
    [
      'a range below any magnitude',
      (zoo) => ({ ...minmaxOf(zoo), normalization: { ...minmax, downlink: { min: -1, max: 2 } } }),
      'normalization.downlink.min: ',
    ],
  ])('refuses %s', async (_, change, message) => {
    const json = change(await manifestJson());
    expect(() => parseManifest(json)).toThrowError(expect.objectContaining({ code: 'model-invalid' }));
    expect(() => parseManifest(json)).toThrowError(message);
  });
});

describe('pairingHash', () => {
  it('does not change with measured figures', async () => {
    const manifest = parseManifest(await manifestJson());
    const measured = { ...manifest, measured: [{ nmseDb: -1 }], training: { seed: 1 } };
    expect(toHex(await pairingHash(measured))).toBe(toHex(await pairingHash(manifest)));
  });

  it('is what it has always been for models in use', async () => {
    const hash = async (model: string) =>
      toHex(await pairingHash(await readManifest(path.join(zooDirectory(), model))));
    expect(await hash('dualnet-mag-m43')).toBe('63bc1817d5d7b08638028d662677d4100182b33aa4dff3732b56243082e54437');
    expect(await hash('dualnet-abs-m192')).toBe('b9b5e24bf21be0b374f2330d9fefdc995290586594ff976cdd3b64bd727c6283');
  });

  it('is the same whether magnitudes are named or left to the default', async () => {
    const manifest = parseManifest(await manifestJson());
    expect(await pairingHash({ ...manifest, planes: 'magnitude' })).toEqual(await pairingHash(manifest));
  });

  it('changes with each of the minmax constants', async () => {
    const manifest = parseManifest(minmaxOf(await manifestJson()));
    const ranges = [
      minmax,
      { ...minmax, downlink: { min: 0.5, max: 2.5 } },
      { ...minmax, downlink: { min: 0, max: 2.6 } },
      { ...minmax, uplink: { min: 0.5, max: 3 } },
      { ...minmax, uplink: { min: 0, max: 3.1 } },
    ];
    const hashes = await Promise.all(ranges.map((normalization) => pairingHash({ ...manifest, normalization })));
    expect(new Set(hashes.map(toHex)).size).toBe(ranges.length);
  });

  it('changes with anything the two ends must agree on', async () => {
    const manifest = parseManifest(await manifestJson());
    const { codeword, phase, files } = manifest;
    const scale = { minDb: 0, stepDb: 0.375, bits: 8 };
    const variants: Manifest[] = [
      { ...manifest, id: 'other' },
      { ...manifest, codeword: { ...codeword, step: codeword.step.map((step) => step * 2) } },
      { ...manifest, phase: { ...phase, maxBits: phase.maxBits - 1 } },
      { ...manifest, files: { ...files, decoder: { ...files.decoder, sha256: '0'.repeat(64) } } },
      { ...manifest, normalization: { kind: 'spherical', scale } },
      { ...manifest, normalization: minmax },
      { ...manifest, planes: 'absolute-parts' },
    ];
    const hashes = await Promise.all([manifest, ...variants].map(pairingHash));
    expect(new Set(hashes.map(toHex)).size).toBe(variants.length + 1);
  });
});

describe('loading a model', () => {
  it('builds the codec the manifest describes', async () => {
    const bundle = await loadModel(path.join(zooDirectory(), id), ['encoder']);
    const { quantizer, allocation, representation } = createDualnet(bundle.codec);
    expect(quantizer.length).toBe(bundle.manifest.codeword.length);
    expect(allocation.numEntries).toBe(1024);
    expect(representation.tensor).toEqual({ name: 'magnitude', dims: [32, 32] });
    expect(bundle.files.get('encoder')?.length).toBe(bundle.manifest.files.encoder.bytes);
    expect(bundle.files.has('decoder')).toBe(false);
  });

  it('refuses a file whose bytes changed, by name', async () => {
    const manifest = await readManifest(path.join(zooDirectory(), id));
    const read = async (name: string) => {
      const bytes = await readFile(path.join(zooDirectory(), id, name));
      if (name === 'encoder.onnx') bytes[100] = (bytes[100] ?? 0) ^ 1;
      return bytes;
    };
    await expect(loadBundle(manifest, read, ['encoder'])).rejects.toThrowError(/encoder\.onnx: sha256 is/);
  });

  it('names the folder that holds no manifest', async () => {
    await expect(readManifest('/nonexistent/model')).rejects.toThrowError(/nonexistent\/model\/manifest\.json/);
  });
});
