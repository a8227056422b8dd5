import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createDualnet } from '@edge-csi/csi/dualnet';
import type { CsiSource } from '@edge-csi/csi/files';
import { type Manifest, readEncoderLayers, toHex } from '@edge-csi/models';
import { loadModel, readManifest, zooDirectory } from '@edge-csi/models/disk';
import type { CsiReport } from '@edge-csi/proto';
import { createMicroEncoder } from '@edge-csi/ue-client/micro';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AccuracyRun, measureAccuracy } from '../../../../scripts/lab/src/accuracy/accuracy.ts';
import { readCalibration } from '../../../../scripts/model-tools/src/complete/calibration.ts';
import { renderCard } from '../../../../scripts/model-tools/src/complete/model-card.ts';
import { writeModel } from '../../../../scripts/model-tools/src/complete/new-model.ts';
import type { PruneSettings } from '../../../../scripts/model-tools/src/prune/fit-encoder.ts';
import { openPruner, type Pruner } from '../../../../scripts/model-tools/src/prune/prune-model.ts';
import { encoderCost, encoderModel } from '../../../../scripts/model-tools/src/prune/pruned-encoder.ts';
import { CHost, missingCompiler } from '../../../conformance/encoder/c-host.ts';
import { sampleCsi } from '../../../conformance/encoder/sample-csi.ts';
import { splitSamples } from './split-source.ts';

const data = { name: 'other-environments.npz', sha256: 'ab'.repeat(32) };
let folder: string;
let calibrationSource: CsiSource;
let evaluation: CsiSource;
let source: Manifest;
let before: AccuracyRun;
let pruner: Pruner;

async function prunerOf(id: string): Promise<Pruner> {
  const bundle = await loadModel(path.join(zooDirectory(), id), ['encoder', 'decoder', 'refiner']);
  const calibration = readCalibration(calibrationSource, createDualnet(bundle.codec).representation, {
    limit: 400,
    bands: 'both',
    onProgress: () => undefined,
  });
  return openPruner({ bundle, calibration, data });
}

const measure = (manifest: Manifest, zoo: string) =>
  measureAccuracy({ manifest, zoo, source: evaluation, samples: undefined, onProgress: () => undefined });

/** Makes a model and writes it. @returns what was written */
async function made(settings: PruneSettings, by: Pruner = pruner): Promise<Manifest> {
  const id = `tiny-${Object.values(settings).join('-')}${by === pruner ? '' : '-folded'}`;
  await writeModel(path.join(folder, id), await by.prune({ id, settings }));
  return readManifest(path.join(folder, id));
}

/** Makes a model, writes it, and measures what was written. */
async function pruned(settings: PruneSettings, by?: Pruner) {
  const manifest = await made(settings, by);
  return { manifest, run: await measure(manifest, folder) };
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'edge-csi-'));
  source = await readManifest(path.join(zooDirectory(), 'dualnet-mag-m16'));
  [calibrationSource, evaluation] = (await splitSamples(source, [400, 48])) as [CsiSource, CsiSource];
  before = await measure(source, zooDirectory());
  pruner = await prunerOf(source.id);
}, 60_000);

afterAll(() => rm(folder, { recursive: true }));

// Each writes a whole model and carries reports through it.
describe('a pruned model', { timeout: 60_000 }, () => {
  it('of 8 delays and 4 bits a weight loses less than half a dB, in an eighth of the bytes', async () => {
    const { manifest, run } = await pruned({ delays: 8, weightBits: 4 });
    expect(run.nmseDb).toBeLessThan(before.nmseDb + 0.5);
    expect(run.payloadBits.codeword).toBe(before.payloadBits.codeword);
    expect(Math.abs((run.payloadBits.phase ?? 0) - (before.payloadBits.phase ?? 0))).toBeLessThan(15);
    expect(manifest.files.encoder.bytes).toBeLessThan(source.files.encoder.bytes / 8);
    const bundle = await loadModel(path.join(folder, manifest.id), ['encoder']);
    const { delays, dense } = readEncoderLayers(bundle);
    expect(delays).toHaveLength(8);
    expect(dense.weights.filter((weight) => weight !== 0).length).toBeLessThanOrEqual(16 * 8 * 32);
    expect(encoderCost(bundle)).toMatchObject({ parameters: 16 * 8 * 32 + 16, macs: 16 * 8 * 32 });
  });

  it('says what it was made from, how, and on which data', async () => {
    const { manifest, files } = await pruner.prune({ id: 'tiny', settings: { outputs: 12, weightBits: 16 } });
    expect(manifest.derivedFrom).toEqual({
      id: source.id,
      sha256: toHex((await loadModel(path.join(zooDirectory(), source.id), [])).sha256),
      pruning: { convolution: false, outputs: 12, delays: 32, weightBits: 16 },
      calibration: { data: data.name, dataSha256: data.sha256, samples: 400 },
    });
    expect(manifest.measured).toBeUndefined();
    expect(renderCard(manifest)).toContain('Not trained, but pruned from dualnet-mag-m16');
    expect(manifest.reduction).toBeCloseTo(2048 / (12 + 128), 2);
    expect(files.size).toBe(4);
  });

  it('of fewer outputs sends fewer bits, and loses less than an encoder of lower rank', async () => {
    const { manifest, run } = await pruned({ outputs: 12, weightBits: 16 });
    expect(manifest.codeword.length).toBe(12);
    expect(run.payloadBits.codeword).toBeLessThan((before.payloadBits.codeword ?? 0) * 0.8);
    expect(run.nmseDb).toBeLessThan(before.nmseDb + 2.5);
    const lower = await pruned({ rank: 8, weightBits: 8 });
    const bundle = await loadModel(path.join(folder, lower.manifest.id), ['encoder']);
    expect(readEncoderLayers(bundle).rank).toBe(8);
    expect(lower.run.nmseDb).toBeGreaterThan(run.nmseDb);
  });

  it('of a full model has no convolution, and loses less than a dB', async () => {
    const full = await prunerOf('dualnet-mag-m16-full');
    const whole = await measure(await readManifest(path.join(zooDirectory(), 'dualnet-mag-m16-full')), zooDirectory());
    const { manifest, run } = await pruned({ delays: 8, weightBits: 16 }, full);
    expect(manifest.pruned).toBe(true);
    expect(manifest.derivedFrom?.pruning).toMatchObject({ convolution: true });
    expect(readEncoderLayers(await loadModel(path.join(folder, manifest.id), ['encoder'])).conv).toBeUndefined();
    expect(run.nmseDb).toBeLessThan(whole.nmseDb + 1);
  });

  it('can be pruned again', async () => {
    const manifest = await made({ delays: 10, weightBits: 8 });
    const bundle = await loadModel(path.join(folder, manifest.id), ['encoder', 'decoder', 'refiner']);
    const reading = { limit: 400, bands: 'both', onProgress: () => undefined } as const;
    const calibration = readCalibration(calibrationSource, createDualnet(bundle.codec).representation, reading);
    const again = await openPruner({ bundle, calibration, data });
    const { run } = await pruned({ delays: 8, weightBits: 4 }, again);
    expect(run.nmseDb).toBeLessThan(before.nmseDb + 0.5);
  });

  it('of two factors stays of two factors when it is pruned again', async () => {
    const manifest = await made({ rank: 6, weightBits: 16 });
    const bundle = await loadModel(path.join(folder, manifest.id), ['encoder', 'decoder', 'refiner']);
    const reading = { limit: 400, bands: 'both', onProgress: () => undefined } as const;
    const calibration = readCalibration(calibrationSource, createDualnet(bundle.codec).representation, reading);
    const again = await made({ weightBits: 8 }, await openPruner({ bundle, calibration, data }));
    expect(readEncoderLayers(await loadModel(path.join(folder, again.id), ['encoder'])).rank).toBe(6);
    expect(again.derivedFrom?.pruning).toMatchObject({ rank: 6, weightBits: 8 });
    const odd = await made({ rank: 5, weightBits: 8 });
    const oddBundle = await loadModel(path.join(folder, odd.id), ['encoder', 'decoder', 'refiner']);
    const atFour = await made({ weightBits: 4 }, await openPruner({ bundle: oddBundle, calibration, data }));
    expect(readEncoderLayers(await loadModel(path.join(folder, atFour.id), ['encoder'])).rank).toBe(4);
  });

  it('is refused of a decoder that encodes with other weights than the encoder', async () => {
    const bundle = await loadModel(path.join(zooDirectory(), source.id), ['encoder', 'decoder', 'refiner']);
    const reading = { limit: 40, bands: 'both', onProgress: () => undefined } as const;
    const calibration = readCalibration(calibrationSource, createDualnet(bundle.codec).representation, reading);
    const moved = readEncoderLayers(bundle).dense.weights.map((weight) => -weight);
    const dense = { ...readEncoderLayers(bundle).dense, weights: moved };
    const delays = Array.from({ length: 32 }, (_, delay) => delay);
    const encoder = encoderModel(
      { delays, layers: [dense], weightBits: 16 },
      createDualnet(bundle.codec).representation,
    );
    const swapped = new Map([...bundle.files, ['encoder', encoder] as const]);
    await expect(openPruner({ bundle: { ...bundle, files: swapped }, calibration, data })).rejects.toThrow(
      /dualnet-mag-m16\/decoder.onnx: .* is not the encoder's matrix/,
    );
  });

  it('keeps to a size of whole reports', async () => {
    const model = await pruner.prune({ id: 'tiny-rate', settings: { delays: 8, weightBits: 8 }, reportBits: 200 });
    await writeModel(path.join(folder, model.manifest.id), model);
    const { payloadBits } = await measure(model.manifest, folder);
    expect(payloadBits.mean).toBeGreaterThan(170);
    expect(payloadBits.mean).toBeLessThan(225);
    const bare = { id: 'tiny-rate', settings: { delays: 8, weightBits: 8 }, reportBits: 92 } as const;
    await expect(pruner.prune(bare)).rejects.toThrow(
      /--report-bits is 92, and codeword and norm of tiny-rate alone take 92/,
    );
  });

  it('is not made of fewer samples than there is to fit on', async () => {
    const { codec } = await loadModel(path.join(zooDirectory(), source.id), []);
    const { representation } = createDualnet(codec);
    const reading = { limit: 15, bands: 'both', onProgress: () => undefined } as const;
    expect(() => readCalibration(calibrationSource, representation, reading)).toThrow(
      /: 15 samples, fitting a model takes 16 or more/,
    );
  });

  it.runIf(missingCompiler() === undefined)(
    'sends the same bytes from C as from WebAssembly, where weights are 4-bit and delays missing',
    async () => {
      const manifest = await made({ delays: 6, weightBits: 4 });
      const bundle = await loadModel(path.join(folder, manifest.id), ['encoder']);
      const samples = await sampleCsi(manifest, 32);
      const rate = { codewordTruncation: 0, phaseTheta: manifest.phase.theta };
      const host = await CHost.build(bundle, samples.slice(0, 1));
      const micro = await createMicroEncoder(bundle);
      for (const [i, report] of host.encode(samples, rate).entries()) {
        const expected = await micro.encode(samples[i] as (typeof samples)[number], rate);
        expect(report).toMatchObject({ scale: expected.scale });
        expect(Buffer.from((report as CsiReport).codeword)).toEqual(Buffer.from(expected.codeword));
        expect(Buffer.from((report as CsiReport).phase)).toEqual(Buffer.from(expected.phase));
      }
      await micro.close();
    },
  );
});
