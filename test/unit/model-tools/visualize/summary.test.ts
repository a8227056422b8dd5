import { zooDirectory } from '@edge-csi/models/disk';
import { describe, expect, test } from 'vitest';
import { networkModel } from '../../../../scripts/cli/src/options/models.ts';
import { buildModel } from '../../../../scripts/model-tools/src/onnx/graph.ts';
import { decodeModel } from '../../../../scripts/model-tools/src/onnx/schema.ts';
import { floatTensor } from '../../../../scripts/model-tools/src/onnx/tensor.ts';
import { layersOf } from '../../../../scripts/model-tools/src/visualize/layers.ts';
import { loadNetworks, type Network } from '../../../../scripts/model-tools/src/visualize/network.ts';
import { renderSummary, summarize } from '../../../../scripts/model-tools/src/visualize/summary.ts';
import { residualModel } from './residual-model.ts';

async function networksOf(id: string): Promise<Network[]> {
  return loadNetworks(await networkModel(id, zooDirectory()), zooDirectory());
}

async function residualNetworks(): Promise<Network[]> {
  const { files } = await residualModel();
  return ['encoder', 'decoder'].map((role) => {
    return { role, file: `residual/${role}.onnx`, onnx: files.get(`${role}.onnx`) as Uint8Array };
  });
}

describe('the published DualNet-MAG at M = 384', () => {
  test('has 791,985 parameters as Keras counts, 448 of them moving means and variances', async () => {
    const summary = await summarize(await networksOf('dualnet-mag-minmax-m384'));
    const total = (key: 'parameters' | 'foldedParameters') => summary.reduce((sum, each) => sum + each.total[key], 0);
    expect(total('foldedParameters')).toBe(448);
    expect(total('parameters') + total('foldedParameters')).toBe(791_985);
    expect(renderSummary('dualnet-mag-minmax-m384', summary)).toContain('791,985 as Keras counts');
  });

  test('has its weights in the Dense layers and its work in the convolutions', async () => {
    const [encoder, decoder] = await summarize(await networksOf('dualnet-mag-minmax-m384'));
    expect(encoder?.total.macs).toBe(1024 * 384 + 9 * 1024);
    const rows = [...(encoder?.rows ?? []), ...(decoder?.rows ?? [])];
    const share = (type: string, key: 'parameterShare' | 'macShare') =>
      rows.filter((row) => row.type === type).reduce((sum, row) => sum + row[key], 0);
    expect(share('Dense', 'parameterShare')).toBeGreaterThan(0.99);
    expect(share('Conv', 'macShare')).toBeCloseTo(0.806, 3);
  });
});

test.each(['dualnet-mag-m16', 'dualnet-abs-m106', 'u2d-mag'])('the constants of %s are all counted', async (id) => {
  const networks = await networksOf(id);
  for (const [i, { total, uncounted, file }] of (await summarize(networks)).entries()) {
    expect(uncounted).toEqual([]);
    // The rest is no constant of a layer: names, operators, shapes and the odd scalar.
    const fileBytes = networks[i]?.onnx.length ?? 0;
    expect(total.bytes / fileBytes, file).toBeGreaterThan(0.88);
  }
});

test('layers are named by their module, hold what belongs together, and are seen through reshapes', async () => {
  const [encoder, decoder] = await residualNetworks();
  const describeLayers = ({ onnx, file }: Network) =>
    layersOf(decodeModel(onnx, file)).map(({ name, kind, views }) => `${name} ${kind} ${views.join('=')}`);
  expect(describeLayers(encoder as Network)).toEqual([
    'net.conv Conv filtered',
    'net.norm Norm normed',
    'net.Relu Relu active=flat',
    'net.dense Dense latent',
  ]);
  expect(describeLayers(decoder as Network)).toEqual([
    'net.dense Dense known=plane',
    'net.first Conv wide',
    'net.LeakyRelu LeakyRelu bent',
    'net.second Conv narrow',
    'net.Add Add corrected=corrected-matrix',
    'net.rest.Mul Mul guessed',
    'net.join Add magnitude',
  ]);
});

test('constants that are used again are counted once', async () => {
  const onnx = buildModel({
    inputs: [{ name: 'x', dims: [3] }],
    output: { name: 'y', dims: [3] },
    initializers: [floatTensor('w', [3, 3], new Float32Array(9).fill(1))],
    operators: [
      { type: 'MatMul', inputs: ['x', 'w'], output: 'h' },
      { type: 'MatMul', inputs: ['h', 'w'], output: 'y' },
    ],
  });
  const [summary] = await summarize([{ role: 'tied', file: 'tied.onnx', onnx }]);
  expect(summary?.rows.map(({ parameters, macs, tied }) => [parameters, macs, tied])).toEqual([
    [9, 9, false],
    [0, 9, true],
  ]);
  expect(summary?.total).toEqual({ parameters: 9, foldedParameters: 0, macs: 18, bytes: 36 });
});

describe('graphs of other models', () => {
  test('layers whose nodes have one name are told apart by what they make', () => {
    const onnx = buildModel({
      inputs: [{ name: 'x', dims: [2] }],
      output: { name: 'y', dims: [2] },
      initializers: [],
      operators: [
        { type: 'Relu', inputs: ['x'], output: 'h', name: 'relu' },
        { type: 'Relu', inputs: ['h'], output: 'y', name: 'relu' },
      ],
    });
    expect(layersOf(decodeModel(onnx, 'same.onnx')).map(({ name }) => name)).toEqual(['relu', 'relu (y)']);
  });

  test('batch normalisation as one operator keeps its four constants', async () => {
    const four = ['scale', 'bias', 'mean', 'variance'].map((name) => floatTensor(name, [2], Float32Array.of(1, 1)));
    const onnx = buildModel({
      inputs: [{ name: 'x', dims: [2, 3] }],
      output: { name: 'y', dims: [2, 3] },
      initializers: four,
      operators: [{ type: 'BatchNormalization', inputs: ['x', 'scale', 'bias', 'mean', 'variance'], output: 'y' }],
    });
    const [summary] = await summarize([{ role: 'norm', file: 'norm.onnx', onnx }]);
    expect(summary?.rows[0]).toMatchObject({ type: 'Norm', parameters: 8, foldedParameters: 0, outputShape: [2, 3] });
  });

  test('an operator whose work is not counted is named', async () => {
    const onnx = buildModel({
      inputs: [{ name: 'x', dims: [2, 2] }],
      output: { name: 'y', dims: [2, 2] },
      initializers: [],
      operators: [
        { type: 'Einsum', inputs: ['x', 'x'], output: 'y', name: 'product', attributes: { equation: 'bij,bjk->bik' } },
      ],
    });
    const summary = await summarize([{ role: 'einsum', file: 'einsum.onnx', onnx }]);
    expect(summary[0]?.uncounted).toEqual(['product']);
    expect(renderSummary(undefined, summary)).toContain('MACs not counted: product');
  });

  test('an axis that is left open, but for the batch, is refused by file and input', async () => {
    const onnx = buildModel({
      inputs: [{ name: 'x', dims: [0] }],
      output: { name: 'y', dims: [0] },
      initializers: [],
      operators: [{ type: 'Relu', inputs: ['x'], output: 'y' }],
    });
    await expect(summarize([{ role: 'open', file: 'open.onnx', onnx }])).rejects.toThrow(
      'open.onnx: input x leaves its axis 1 open',
    );
  });
});
