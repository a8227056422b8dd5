import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { encodePhase, reconstructInto } from '@edge-csi/csi';
import { createDualnet, type Dualnet } from '@edge-csi/csi/dualnet';
import { type NpyArray, readNpz } from '@edge-csi/csi/files';
import type { Manifest } from '@edge-csi/models';
import { listModels, loadModel, zooDirectory } from '@edge-csi/models/disk';
import * as node from 'onnxruntime-node';
import * as web from 'onnxruntime-web';
import { beforeAll, describe, expect, it } from 'vitest';

// Each file holds what PyTorch and NumPy computed for four validation samples when the model was exported. The encoder's
// input goes by its own name, `magnitude` or `parts`; a model without a refiner has no `refined`.
const golden = (id: string) => fileURLToPath(new URL(`./${id}.npz`, import.meta.url));
const tolerance = 1e-5;

type Arrays = ReadonlyMap<string, NpyArray>;

interface Runtime {
  readonly name: string;
  run(
    model: Uint8Array,
    feeds: Record<string, { shape: readonly number[]; data: Float32Array }>,
  ): Promise<Float32Array>;
}

const runtimes: Runtime[] = [
  { name: 'onnxruntime-node', run: (model, feeds) => runWith(node as unknown as typeof web, model, feeds) },
  { name: 'onnxruntime-web', run: (model, feeds) => runWith(web, model, feeds) },
];

async function runWith(
  ort: typeof web,
  model: Uint8Array,
  feeds: Record<string, { shape: readonly number[]; data: Float32Array }>,
): Promise<Float32Array> {
  const session = await ort.InferenceSession.create(model, { graphOptimizationLevel: 'all' });
  const tensors = Object.fromEntries(
    Object.entries(feeds)
      .filter(([name]) => session.inputNames.includes(name))
      .map(([name, { shape, data }]) => [name, new ort.Tensor('float32', data, [...shape])]),
  );
  const outputs = await session.run(tensors);
  const [output] = session.outputNames;
  const values = outputs[output ?? '']?.data as Float32Array;
  await session.release();
  return values.slice();
}

function planes(arrays: Arrays, name: string): { shape: readonly number[]; data: Float32Array } {
  const array = arrays.get(name);
  if (array === undefined) throw new Error(`no golden array ${name}`);
  return { shape: array.shape, data: Float32Array.from(array.data as ArrayLike<number>) };
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  let largest = 0;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs((a[i] as number) - (b[i] as number)));
  return largest;
}

// Pruned models were not trained, and have no twin in Python.
const models = (await listModels()).filter(({ derivedFrom }) => derivedFrom === undefined);

it('has golden vectors for every model that was trained', () => {
  expect(models.length).toBeGreaterThanOrEqual(6);
  for (const { id } of models) expect(readFileSync(golden(id)).length).toBeGreaterThan(0);
});

describe.each(models.map((manifest) => [manifest.id, manifest] as const))('%s', (id, manifest: Manifest) => {
  let arrays: Arrays;
  let bundle: Awaited<ReturnType<typeof loadModel>>;
  let dualnet: Dualnet;
  const file = (name: 'encoder' | 'decoder' | 'refiner') => bundle.files.get(name) as Uint8Array;

  beforeAll(async () => {
    arrays = await readNpz(golden(id));
    bundle = await loadModel(path.join(zooDirectory(), id), ['encoder', 'decoder', 'refiner']);
    dualnet = createDualnet(bundle.codec);
  });

  it('normalises as NumPy does', () => {
    const { tensor, numComponents: n } = dualnet.representation;
    const downlink = planes(arrays, 'downlink').data;
    const expected = planes(arrays, tensor.name).data;
    const { numAntennas, numDelays } = manifest.csi;
    const size = 2 * numAntennas * numDelays;
    for (let i = 0; i * size < downlink.length; i++) {
      const values = downlink.subarray(size * i, size * (i + 1));
      const { input } = dualnet.representation.normalize({ domain: 'angular-delay', numAntennas, numDelays, values });
      expect(largestDifference(input.values, expected.subarray(n * i, n * (i + 1)))).toBeLessThan(1e-6);
    }
  });

  describe.each(runtimes)('in $name', ({ run }) => {
    it('encodes as PyTorch does', async () => {
      const { name } = dualnet.representation.tensor;
      const latent = await run(file('encoder'), { [name]: planes(arrays, name) });
      expect(largestDifference(latent, planes(arrays, 'latent').data)).toBeLessThan(tolerance);
    });

    it('decodes as PyTorch does', async () => {
      const centred = planes(arrays, 'centred');
      const { step } = manifest.codeword;
      const latent = centred.data.map((c, i) => (c * (step[i % step.length] as number)) / 2);
      const cell = centred.data.map((_, i) => (step[i % step.length] as number) / 2);
      const { shape } = centred;
      const feeds = {
        latent: { shape, data: latent },
        cell: { shape, data: cell },
        uplink: planes(arrays, 'uplink'),
      };
      const components = await run(file('decoder'), feeds);
      expect(largestDifference(components, planes(arrays, 'decoded').data)).toBeLessThan(tolerance);
    });
  });

  it.runIf(manifest.files.refiner)('adds the phases and refines as NumPy and PyTorch do', async () => {
    const downlink = planes(arrays, 'downlink');
    const decoded = planes(arrays, 'decoded');
    const bits = planes(arrays, 'bits');
    const [samples = 0, , numAntennas = 0, numDelays = 0] = downlink.shape;
    const n = numAntennas * numDelays;
    const estimate = new Float32Array(downlink.data.length);
    for (let i = 0; i < samples; i++) {
      const values = downlink.data.subarray(2 * n * i, 2 * n * (i + 1));
      const allocated = Uint8Array.from(bits.data.subarray(n * i, n * (i + 1)));
      const phase = encodePhase({ domain: 'angular-delay', numAntennas, numDelays, values }, allocated).bytes;
      const magnitude = decoded.data.subarray(n * i, n * (i + 1));
      reconstructInto(estimate.subarray(2 * n * i, 2 * n * (i + 1)), { magnitude, bits: allocated, phase, norm: 1 });
    }
    const matrix = [samples, numAntennas, numDelays];
    const feeds = {
      estimate: { shape: downlink.shape, data: estimate },
      magnitude: decoded,
      bits: { shape: matrix, data: bits.data },
      uplink: planes(arrays, 'uplink'),
    };
    const csi = await runtimes[0]?.run(file('refiner'), feeds);
    expect(largestDifference(csi ?? [], planes(arrays, 'refined').data)).toBeLessThan(tolerance);
  });

  it('quantises the PyTorch latents to the same integers as NumPy', () => {
    const { quantizer } = dualnet;
    const latent = planes(arrays, 'latent').data;
    const expected = planes(arrays, 'centred').data;
    const centred = new Int16Array(quantizer.length);
    for (let start = 0; start < latent.length; start += quantizer.length) {
      const values = latent.subarray(start, start + quantizer.length);
      quantizer.centredInto(centred, quantizer.quantize({ domain: 'latent', values }));
      expect(Array.from(centred)).toEqual(Array.from(expected.subarray(start, start + quantizer.length)));
    }
  });

  it('allocates the same phase bits as NumPy', () => {
    const { quantizer, allocation } = dualnet;
    const codes = Int16Array.from(planes(arrays, 'centred').data);
    const coarse = planes(arrays, 'coarse').data;
    const bits = planes(arrays, 'bits').data;
    const ownCoarse = new Int32Array(allocation.numEntries);
    const ownBits = new Uint8Array(allocation.numEntries);
    for (let row = 0; row * quantizer.length < codes.length; row++) {
      const centred = codes.subarray(row * quantizer.length, (row + 1) * quantizer.length);
      const range = [row * allocation.numEntries, (row + 1) * allocation.numEntries] as const;
      allocation.coarseInto(ownCoarse, centred);
      expect(Array.from(ownCoarse)).toEqual(Array.from(coarse.subarray(...range)));
      allocation.allocateInto(ownBits, centred, manifest.phase.theta);
      expect(Array.from(ownBits)).toEqual(Array.from(bits.subarray(...range)));
    }
  });
});
