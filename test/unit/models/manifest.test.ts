import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { loadBundle, type Manifest, pairingHash, parseManifest, toHex } from '@edge-csi/models';
import { listModels, loadModel, readManifest, zooDirectory } from '@edge-csi/models/disk';
import { describe, expect, it } from 'vitest';

const id = 'dualnet-mag-m43';
const manifestFile = path.join(zooDirectory, id, 'manifest.json');

async function manifestJson(): Promise<Manifest> {
  return JSON.parse(await readFile(manifestFile, 'utf8'));
}

describe('parseManifest', () => {
  it('accepts every manifest of the zoo and lists them by id', async () => {
    const ids = (await listModels()).map((manifest) => manifest.id);
    expect(ids).toContain(id);
    expect(ids).toContain(`${id}-full`);
    expect(new Set(ids).size).toBe(ids.length);
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
});

describe('pairingHash', () => {
  it('does not change with measured figures', async () => {
    const manifest = parseManifest(await manifestJson());
    const measured = { ...manifest, measured: [{ nmseDb: -1 }], training: { seed: 1 } };
    expect(toHex(await pairingHash(measured))).toBe(toHex(await pairingHash(manifest)));
  });

  it('changes with anything the two ends must agree on', async () => {
    const manifest = parseManifest(await manifestJson());
    const { codeword, phase, files, normalization } = manifest;
    const variants: Manifest[] = [
      { ...manifest, id: 'other' },
      { ...manifest, codeword: { ...codeword, step: codeword.step.map((step) => step * 2) } },
      { ...manifest, phase: { ...phase, maxBits: phase.maxBits - 1 } },
      { ...manifest, files: { ...files, decoder: { ...files.decoder, sha256: '0'.repeat(64) } } },
      { ...manifest, normalization: { ...normalization, scale: { ...normalization.scale, minDb: 0 } } },
    ];
    const hashes = await Promise.all([manifest, ...variants].map(pairingHash));
    expect(new Set(hashes.map(toHex)).size).toBe(variants.length + 1);
  });
});

describe('loading a model', () => {
  it('builds the codec the manifest describes', async () => {
    const bundle = await loadModel(path.join(zooDirectory, id), ['encoder']);
    expect(bundle.quantizer.length).toBe(bundle.manifest.codeword.length);
    expect(bundle.allocation.numEntries).toBe(1024);
    expect(bundle.files.get('encoder')?.length).toBe(bundle.manifest.files.encoder.bytes);
    expect(bundle.files.has('decoder')).toBe(false);
  });

  it('refuses a file whose bytes changed, by name', async () => {
    const manifest = await readManifest(path.join(zooDirectory, id));
    const read = async (name: string) => {
      const bytes = await readFile(path.join(zooDirectory, id, name));
      if (name === 'encoder.onnx') bytes[100] = (bytes[100] ?? 0) ^ 1;
      return bytes;
    };
    await expect(loadBundle(manifest, read, ['encoder'])).rejects.toThrowError(/encoder\.onnx: sha256 is/);
  });

  it('names the folder that holds no manifest', async () => {
    await expect(readManifest('/nonexistent/model')).rejects.toThrowError(/nonexistent\/model\/manifest\.json/);
  });
});
