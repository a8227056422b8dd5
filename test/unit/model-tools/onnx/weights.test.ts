import { openOrtGraph } from '@edge-csi/bs-server/decode';
import { createRandom } from '@edge-csi/csi';
import { describe, expect, it } from 'vitest';
import { foldConstants, readOnnxGraph } from '../../../../models/src/onnx-graph.ts';
import { quantizedLayer } from '../../../../scripts/lab/src/linear/dense-layer.ts';
import { buildModel } from '../../../../scripts/model-tools/src/onnx/graph.ts';
import { floatTensor } from '../../../../scripts/model-tools/src/onnx/tensor.ts';
import { storeWeights, type WeightWidth } from '../../../../scripts/model-tools/src/onnx/weights.ts';

const [rows, columns] = [5, 12];
const random = createRandom(3);
const layer = {
  numOutputs: rows,
  numInputs: columns,
  weights: Float32Array.from({ length: rows * columns }, () => random.gaussian()),
  bias: new Float32Array(rows),
};

/** A Dense layer without a bias whose weights are stored. */
function denseModel(width: WeightWidth, values: Float32Array, units: Float32Array | undefined): Uint8Array {
  const stored = storeWeights({ name: 'w', dims: [rows, columns], values, units }, width);
  const bias = floatTensor('b', [rows], new Float32Array(rows));
  return buildModel({
    inputs: [{ name: 'x', dims: [columns] }],
    output: { name: 'y', dims: [rows] },
    initializers: [...stored.initializers, bias],
    operators: [...stored.operators, { type: 'Gemm', inputs: ['x', 'w', 'b'], output: 'y', attributes: { transB: 1 } }],
  });
}

describe('storeWeights', () => {
  it.each([8, 4] as const)('keeps weights of %i bits exactly, for ONNX Runtime and for the UE', async (width) => {
    const { weights: signed, units } = quantizedLayer(layer, width);
    // Integers have no negative zero.
    const weights = signed.map((weight) => weight + 0);
    const bytes = denseModel(width, weights, units);
    const { constants, nodes } = foldConstants(readOnnxGraph(bytes));
    expect(nodes.map(({ type }) => type)).toEqual(['Gemm']);
    expect([...(constants.get('w')?.values ?? [])]).toEqual([...weights]);
    expect([...(constants.get('w')?.units ?? [])]).toEqual([...units]);
    const graph = await openOrtGraph(bytes, 'cpu', { intraOpNumThreads: 1 });
    for (let column = 0; column < columns; column++) {
      const unit = Float32Array.from({ length: columns }, (_, i) => Number(i === column));
      const y = await graph.run({ x: { values: unit, dims: [1, columns] } }, 'y');
      expect([...y]).toEqual(Array.from({ length: rows }, (_, row) => weights[row * columns + column]));
    }
    await graph.release();
  });

  it('takes as many bytes as the bits say, up to names', () => {
    const sizes = ([32, 16, 8, 4] as const).map((width) => {
      const { weights, units } = quantizedLayer(layer, width > 8 ? 8 : width);
      const { initializers } = storeWeights({ name: 'w', dims: [rows, columns], values: weights, units }, width);
      const [stored] = initializers;
      return stored?.values.length;
    });
    expect(sizes).toEqual([60, 60, 60, 30]);
  });

  it('refuses integers without units, and 4 bits of an odd number of columns', () => {
    expect(() => denseModel(8, layer.weights, undefined)).toThrow(/no units/);
    const odd = { name: 'w', dims: [1, 3] as const, values: Float32Array.of(1, 2, 3), units: Float32Array.of(1) };
    expect(() => storeWeights(odd, 4)).toThrow(/3 columns/);
  });
});
