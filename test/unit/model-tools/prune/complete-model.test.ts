import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createDualnet } from '@edge-csi/csi/dualnet';
import type { CsiSource } from '@edge-csi/csi/files';
import { readEncoderLayers } from '@edge-csi/models';
import { type DraftManifest, loadModel, parseDraft, zooDirectory } from '@edge-csi/models/disk';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { measureAccuracy } from '../../../../scripts/lab/src/accuracy/accuracy.ts';
import { type Calibration, readCalibration } from '../../../../scripts/model-tools/src/complete/calibration.ts';
import { completeModel } from '../../../../scripts/model-tools/src/complete/complete-model.ts';
import { writeModel } from '../../../../scripts/model-tools/src/complete/new-model.ts';
import { buildModel } from '../../../../scripts/model-tools/src/onnx/graph.ts';
import { openPruner } from '../../../../scripts/model-tools/src/prune/prune-model.ts';
import { csinetNetworks } from './csinet-networks.ts';
import { splitSamples } from './split-source.ts';

const data = { name: 'other-environments.npz', sha256: 'ab'.repeat(32) };
let draft: DraftManifest;
let calibration: Calibration;
let evaluation: CsiSource;
let networks: { encoder: Uint8Array; decoder: Uint8Array };

beforeAll(async () => {
  const { manifest, ...bundle } = await loadModel(path.join(zooDirectory(), 'dualnet-mag-m16'), ['encoder']);
  const [source, other] = (await splitSamples(manifest, [300, 48])) as [CsiSource, CsiSource];
  evaluation = other;
  const reading = { limit: 300, bands: 'downlink', onProgress: () => undefined } as const;
  calibration = readCalibration(source, createDualnet(bundle.codec).representation, reading);
  networks = csinetNetworks(readEncoderLayers({ manifest, ...bundle }).dense, calibration.inputs);
  draft = parseDraft({
    schema: 'edge-csi/draft@1',
    id: 'csinet-mag-m16',
    family: 'csinet',
    csi: manifest.csi,
    normalization: manifest.normalization,
    codeword: { totalBits: 80 },
    reportBits: 240,
    files: { encoder: 'encoder.onnx', decoder: 'decoder.onnx' },
  }) as DraftManifest;
}, 60_000);

const complete = (files: Partial<typeof networks> = {}, changes: Partial<DraftManifest> = {}) => {
  const { encoder, decoder } = { ...networks, ...files };
  const named = new Map([
    ['encoder.onnx', encoder],
    ['decoder.onnx', decoder],
  ]);
  return completeModel({ draft: { ...draft, ...changes }, files: named, calibration, data });
};

/** A network of one operator, to put in the wrong place. */
const network = (input: string, dims: readonly number[], type: string, output: string, outputDims = dims) =>
  buildModel({
    inputs: [{ name: input, dims }],
    output: { name: output, dims: outputDims },
    initializers: [],
    operators: [{ type, inputs: [input], output }],
  });

describe('completeModel', () => {
  it('makes a model of a pair without uplink that carries whole reports', { timeout: 60_000 }, async () => {
    const model = await complete();
    const zoo = await mkdtemp(path.join(tmpdir(), 'edge-csi-'));
    onTestFinished(() => rm(zoo, { recursive: true }));
    await writeModel(path.join(zoo, draft.id), model);
    const run = await measureAccuracy({
      ...{ manifest: model.manifest, zoo, source: evaluation, samples: undefined },
      onProgress: () => undefined,
    });
    expect(run.payloadBits.codeword).toBeCloseTo(80, 6);
    expect(run.payloadBits.scale).toBeCloseTo(8, 6);
    expect(run.payloadBits.mean).toBeGreaterThan(205);
    expect(run.payloadBits.mean).toBeLessThan(265);
    // PCA of 16 components without uplink is at about -6 dB on this data.
    expect(run.magnitudeNmseDb).toBeLessThan(-4);
    expect(run.nmseDb).toBeLessThan(-3.5);
    const card = await readFile(path.join(zoo, draft.id, 'card.md'), 'utf8');
    expect(card).toContain('Networks of another kind (family csinet)');
    expect(card).not.toContain('undefined');
    const { codeword, training, reduction } = model.manifest;
    expect(codeword.bits.every((bits) => bits >= 1 && bits <= 8)).toBe(true);
    expect(reduction).toBe(14.22);
    expect(training.calibration).toEqual({ data: data.name, dataSha256: data.sha256, samples: 300 });
  });

  it.each([
    [
      'an encoder of another shape',
      { encoder: network('magnitude', [16, 32], 'Flatten', 'latent') },
      /encoder.onnx: input magnitude is \[batch, 16, 32\], the draft asks for \[batch, 32, 32\]/,
    ],
    [
      'an encoder of another input',
      { encoder: network('x', [32, 32], 'Flatten', 'latent') },
      /encoder.onnx has no input magnitude; there are x/,
    ],
    [
      'a decoder with an input that nobody fills',
      { decoder: network('pilot', [32, 32], 'Relu', 'magnitude') },
      /decoder.onnx takes pilot; a decoder takes latent, and may take cell and uplink/,
    ],
    [
      'a decoder of another codeword length',
      { decoder: network('latent', [17], 'Relu', 'magnitude') },
      /decoder.onnx: input latent is \[batch, 17\], the draft asks for \[batch, 16\]/,
    ],
    [
      'an operator that the runtime does not know',
      { encoder: network('magnitude', [32, 32], 'Telepathy', 'latent', [16]) },
      /encoder.onnx: onnxruntime-node does not load it: .*Telepathy/,
    ],
    ['bytes that are no network', { decoder: Uint8Array.of(1, 2, 3) }, /decoder.onnx is not an ONNX file/],
  ])('refuses %s, naming the file', async (_, files, message) => {
    await expect(complete(files)).rejects.toThrow(message);
    await expect(complete(files)).rejects.toMatchObject({ code: 'model-invalid' });
  });

  it('takes a refiner, and refuses a network that is none', async () => {
    const refiner = await readFile(path.join(zooDirectory(), 'dualnet-mag-m16', 'refiner.onnx'));
    const refined = (bytes: Uint8Array) =>
      completeModel({
        draft: { ...draft, files: { ...draft.files, refiner: 'refiner.onnx' } },
        files: new Map([
          ...Object.entries(networks).map(([role, own]) => [`${role}.onnx`, own] as const),
          ['refiner.onnx', bytes],
        ]),
        ...{ calibration, data },
      });
    expect((await refined(refiner)).manifest.files.refiner?.bytes).toBe(refiner.length);
    await expect(refined(networks.decoder)).rejects.toThrow(
      /refiner.onnx takes latent; a refiner takes estimate, magnitude, bits and uplink/,
    );
    await expect(refined(network('estimate', [2, 32, 16], 'Relu', 'csi'))).rejects.toThrow(
      /refiner.onnx: input estimate is \[batch, 2, 32, 16\], the draft asks for \[batch, 2, 32, 32\]/,
    );
  });

  it('refuses a codeword of too few or too many bits', async () => {
    await expect(complete({}, { codeword: { totalBits: 15 } })).rejects.toThrow(/totalBits is 15; encoder.onnx has 16/);
    await expect(complete({}, { codeword: { totalBits: 129 } })).rejects.toThrow(/1..8 bits each/);
    await expect(complete({}, { reportBits: 88 })).rejects.toThrow(/reportBits is 88; codeword and norm alone take 88/);
  });
});

describe('openPruner', () => {
  it('refuses encoders that are no Dense layer by their operators', async () => {
    const { manifest, files } = await complete();
    const zoo = await mkdtemp(path.join(tmpdir(), 'edge-csi-'));
    onTestFinished(() => rm(zoo, { recursive: true }));
    await writeModel(path.join(zoo, draft.id), { manifest, files });
    const bundle = await loadModel(path.join(zoo, draft.id), ['encoder', 'decoder']);
    await expect(openPruner({ bundle, calibration, data })).rejects.toThrow(
      /csinet-mag-m16\/encoder.onnx: operators are Conv, LeakyRelu, Gemm; only Gemm/,
    );
  });
});
