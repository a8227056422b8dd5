import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createBsCodec } from '@edge-csi/csi';
import { createPlanes } from '@edge-csi/csi/complex';
import type { CsiSource } from '@edge-csi/csi/files';
import { type ComplexManifest, pairingHash, toHex } from '@edge-csi/models';
import {
  type ComplexDraft,
  listReportModels,
  loadReportModel,
  parseDraft,
  readManifest,
  zooDirectory,
} from '@edge-csi/models/disk';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { measureAccuracy } from '../../../../scripts/lab/src/accuracy/accuracy.ts';
import { openNetworkScheme } from '../../../../scripts/lab/src/schemes/scheme.ts';
import { readCalibration } from '../../../../scripts/model-tools/src/complete/calibration.ts';
import { completeComplexModel } from '../../../../scripts/model-tools/src/complete/complete-complex.ts';
import { writeModel } from '../../../../scripts/model-tools/src/complete/new-model.ts';
import { buildModel } from '../../../../scripts/model-tools/src/onnx/graph.ts';
import { splitSamples } from '../prune/split-source.ts';
import { complexNetworks } from './complex-networks.ts';

const data = { name: 'other-environments.npz', sha256: 'ab'.repeat(32) };
const length = 64;
const scale = { minDb: -60, stepDb: 0.375, bits: 8 };
let source: CsiSource;
let evaluation: CsiSource;
let csi: ComplexDraft['csi'];

beforeAll(async () => {
  const manifest = await readManifest(path.join(zooDirectory(), 'dualnet-mag-m16'));
  [source, evaluation] = (await splitSamples(manifest, [300, 32])) as [CsiSource, CsiSource];
  csi = manifest.csi;
});

const draftOf = (normalization: object) =>
  parseDraft({
    ...{ schema: 'edge-csi/draft@1', id: 'csinet-m64', family: 'csinet', planes: 'complex', csi, normalization },
    codeword: { totalBits: 320 },
    files: { encoder: 'encoder.onnx', decoder: 'decoder.onnx' },
  }) as ComplexDraft;

type Networks = Partial<Record<'encoder' | 'decoder', Uint8Array>>;

function complete(normalization: object, uplink = false, other: Networks = {}) {
  const draft = draftOf(normalization);
  const planes = createPlanes(csi, draft.normalization);
  const bands = uplink ? 'both' : 'downlink';
  const calibration = readCalibration(source, planes, { limit: 300, bands, onProgress: () => undefined });
  const networks = { ...complexNetworks(calibration.inputs, length, uplink), ...other };
  const files = new Map(Object.entries(networks).map(([role, onnx]) => [`${role}.onnx`, onnx]));
  return completeComplexModel({ draft, files, calibration, data });
}

async function zooOf(model: Awaited<ReturnType<typeof complete>>): Promise<string> {
  const zoo = await mkdtemp(path.join(tmpdir(), 'edge-csi-'));
  onTestFinished(() => rm(zoo, { recursive: true }));
  await writeModel(path.join(zoo, model.manifest.id), model);
  return zoo;
}

const network = (input: string, dims: readonly number[], type: string, output: string, outputDims = dims) =>
  buildModel({
    inputs: [{ name: input, dims }],
    output: { name: output, dims: outputDims },
    initializers: [],
    operators: [{ type, inputs: [input], output }],
  });

describe('completeComplexModel', () => {
  it.each([
    ['divided by the norm around 0.5', { kind: 'spherical', scale, centre: 0.5, gain: 0.5 }, false, 328],
    ['divided by the norm around 0, with the uplink as an input', { kind: 'spherical', scale }, true, 328],
    ['of one fixed gain around 0.5, without a norm', { kind: 'fixed', centre: 0.5, gain: 0.05 }, false, 320],
  ])('makes a model of networks on planes %s', { timeout: 60_000 }, async (_, normalization, uplink, bits) => {
    const model = await complete(normalization, uplink);
    const { tensors, reduction, codeword } = model.manifest;
    expect(tensors).toEqual({
      encoder: { csi: 'input.1', codeword: '27' },
      decoder: { codeword: 'code', csi: 'csi_hat', ...(uplink && { uplink: 'side' }) },
    });
    expect(reduction).toBe(32);
    expect(codeword.bits.reduce((sum, count) => sum + count, 0)).toBe(320);
    const zoo = await zooOf(model);
    const [manifest] = await listReportModels(zoo);
    const run = await measureAccuracy({
      ...{ manifest: manifest as ComplexManifest, zoo, source: evaluation, samples: undefined },
      onProgress: () => undefined,
    });
    expect(run.payloadBits).toEqual({ mean: bits, codeword: 320, scale: bits - 320 });
    expect(run.nmseDb).toBeLessThan(-2);
    // With the codeword left as it is, the same but for the quantiser's error.
    expect(run.floatMagnitudeNmseDb).toBeLessThan(run.nmseDb + 0.05);
    expect(run.floatMagnitudeNmseDb).toBeGreaterThan(run.nmseDb - 1);
    const card = await readFile(path.join(zoo, manifest?.id ?? '', 'card.md'), 'utf8');
    expect(card).toContain('Networks of complex CSI (family csinet)');
    expect(card).not.toMatch(/undefined|phase/);
  });

  it('has a point of a rate-distortion curve for every truncation', async () => {
    const model = await complete({ kind: 'spherical', scale });
    const scheme = await openNetworkScheme(model.manifest, await zooOf(model));
    onTestFinished(() => scheme.close());
    const sizes: number[] = [];
    const downlink = evaluation.downlink(0);
    for (const setting of scheme.settings) {
      await scheme.carry([{ downlink, uplink: undefined }], setting, (_, size) => sizes.push(size));
    }
    expect(sizes).toHaveLength(5);
    expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
    expect(new Set(sizes).size).toBe(5);
  });

  it.each([
    [
      'an encoder of another shape',
      { encoder: network('x', [2, 16, 32], 'Flatten', 'z') },
      /encoder.onnx: input x is \[batch, 2, 16, 32\], the draft asks for \[batch, 2, 32, 32\]/,
    ],
    [
      'a codeword of two axes',
      { encoder: network('x', [2, 32, 32], 'Relu', 'z') },
      /encoder.onnx: output z is .* asks for \[batch, M\]/,
    ],
    [
      'a decoder of another length',
      { decoder: network('z', [63], 'Relu', 'y', [2, 32, 32]) },
      /decoder.onnx: input z is \[batch, 63\], the draft asks for \[batch, 64\]/,
    ],
  ])('refuses %s, naming the file', async (_, files, message) => {
    await expect(complete({ kind: 'spherical', scale }, false, files)).rejects.toThrow(message);
  });

  it('pairs by everything that either end computes with', async () => {
    const { manifest } = await complete({ kind: 'spherical', scale });
    const hash = async (changes: Partial<ComplexManifest>) => toHex(await pairingHash({ ...manifest, ...changes }));
    const { normalization, codeword, tensors, files } = manifest;
    const changed: Partial<ComplexManifest>[] = [
      { normalization: { ...normalization, centre: 0.25 } },
      { normalization: { ...normalization, gain: 2 } },
      { codeword: { ...codeword, offset: codeword.offset.map((value) => value + 1) } },
      { tensors: { ...tensors, decoder: { ...tensors.decoder, csi: 'other' } } },
      { files: { ...files, decoder: { ...files.decoder, sha256: '0'.repeat(64) } } },
    ];
    const hashes = await Promise.all([{}, ...changed].map(hash));
    expect(new Set(hashes).size).toBe(hashes.length);
    expect(await hash({ measured: [{}] })).toBe(hashes[0]);
  });
});

describe('the BS codec of a complex model', () => {
  it('refuses payloads of other lengths, and marks records that are none', async () => {
    const zoo = await zooOf(await complete({ kind: 'spherical', scale }));
    const { codec: spec } = await loadReportModel(path.join(zoo, 'csinet-m64'), ['decoder']);
    const codec = createBsCodec(spec);
    const payload = { codeword: new Uint8Array(40), scale: 7, phase: new Uint8Array(0), payloadBits: 328 };
    expect(() => codec.receive({ ...payload, codeword: new Uint8Array(39) }, {})).toThrow(/codeword: 39/);
    expect(() => codec.receive({ ...payload, phase: new Uint8Array(1) }, {})).toThrow(/phase: 1/);
    expect(() => codec.receive({ ...payload, scale: 256 }, {})).toThrow(/scale: 256/);
    expect(() => codec.receive({ ...payload, payloadBits: 320 }, {})).toThrow(/payloadBits: 320, expected 328/);
    const decoder = codec.createDecoder({ decoder: { run: async () => new Float32Array(2 * 2048) } }, 4);
    const row = (record: Uint8Array) => ({ record, uplink: undefined, estimate: new Float32Array(2048) });
    const good = codec.receive(payload, {});
    const statuses = await decoder.decode([row(good), row(new Uint8Array(2)), row(good.subarray(0, 20)), row(good)]);
    expect(statuses).toEqual(['decoded', 'codeword', 'codeword', 'decoded']);
  });
});
