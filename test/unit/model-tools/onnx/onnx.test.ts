import { readFile } from 'node:fs/promises';
import { openOrtProbe } from '@edge-csi/bs-server/decode';
import { fromFloat16, readEncoderLayers } from '@edge-csi/models';
import { loadModel, readZoo, zooDirectory } from '@edge-csi/models/disk';
import { describe, expect, test } from 'vitest';
import {
  buildModel,
  bypassNode,
  consumersOf,
  createNode,
  exposeIntermediates,
  findInitializer,
  intOf,
  intsOf,
  producerOf,
  removeUnused,
  replaceNode,
  requireValue,
  setInitializer,
} from '../../../../scripts/model-tools/src/onnx/graph.ts';
import { decodeModel, encodeModel, type ModelProto } from '../../../../scripts/model-tools/src/onnx/schema.ts';
import {
  floatTensor,
  int64Tensor,
  readTensor,
  tensorProto,
  toFloat16,
} from '../../../../scripts/model-tools/src/onnx/tensor.ts';

/** y = (2 x + 1) + x, of two columns. */
function affine(): ModelProto {
  const bytes = buildModel({
    inputs: [{ name: 'x', dims: [2] }],
    output: { name: 'y', dims: [2] },
    initializers: [
      floatTensor('two', [1], Float32Array.of(2)),
      floatTensor('one', [1], Float32Array.of(1)),
      int64Tensor('unused', [3]),
    ],
    operators: [
      { type: 'Mul', inputs: ['x', 'two'], output: 'doubled' },
      { type: 'Add', inputs: ['doubled', 'one'], output: 'shifted' },
      { type: 'Add', inputs: ['shifted', 'x'], output: 'y' },
    ],
  });
  return decodeModel(bytes, 'affine.onnx');
}

async function outputsOf(model: ModelProto): Promise<Record<string, number[]>> {
  const probe = await openOrtProbe(encodeModel(model), 'affine.onnx');
  try {
    const outputs = await probe.run({ x: { values: Float32Array.of(1, 10), dims: [1, 2] } });
    return Object.fromEntries([...outputs].map(([name, { values }]) => [name, [...values]]));
  } finally {
    await probe.release();
  }
}

/** @throws RangeError where the graph has no such node. */
function node(model: ModelProto, value: string) {
  const found = producerOf(model, value);
  if (found === undefined) throw new RangeError(value);
  return found;
}

describe('files', () => {
  test('every graph of the zoo that is read and written again is the same byte for byte', async () => {
    const folders = (await readZoo()).map(({ folder }) => folder);
    const names = folders.flatMap((folder) =>
      ['encoder', 'decoder', 'refiner'].map((part) => `${zooDirectory()}/${folder}/${part}.onnx`),
    );
    let graphs = 0;
    for (const name of names) {
      const bytes = await readFile(name).catch(() => undefined);
      if (bytes === undefined) continue;
      graphs++;
      expect(bytes.equals(encodeModel(decodeModel(bytes, name))), name).toBe(true);
    }
    expect(graphs).toBeGreaterThan(2 * (folders.length - 1));
  });

  test.each([
    ['text', new TextEncoder().encode('no model')],
    ['nothing', new Uint8Array()],
    ['a cut file', encodeModel(affine()).subarray(0, 60)],
  ])('%s is refused by the name of its file', (_, bytes) => {
    expect(() => decodeModel(bytes, 'mine.onnx')).toThrow(/^mine\.onnx is not an ONNX file/);
  });
});

describe('constants', () => {
  test('float16 goes there and back for every pattern but NaN, and rounds ties to even', () => {
    const patterns = Array.from({ length: 2 ** 16 }, (_, bits) => bits);
    const changed = patterns.filter(
      (bits) => !Number.isNaN(fromFloat16(bits)) && toFloat16(fromFloat16(bits)) !== bits,
    );
    expect(changed).toEqual([]);
    expect(toFloat16(1 + 2 ** -11)).toBe(toFloat16(1));
    expect(toFloat16(1 + 3 * 2 ** -11)).toBe(toFloat16(1 + 2 ** -9));
    expect(toFloat16(2 - 2 ** -13)).toBe(toFloat16(2));
    expect(fromFloat16(toFloat16(1e6))).toBe(Number.POSITIVE_INFINITY);
  });

  test.each([
    floatTensor('a', [2, 2], Float32Array.of(1, -2, 3, 0.1)),
    { name: 'b', type: 'float16', dims: [3], values: Float32Array.of(0.5, -2, 65504) },
    { name: 'c', type: 'int8', dims: [2], values: Int8Array.of(-128, 127) },
    { name: 'd', type: 'int32', dims: [], values: Int32Array.of(-7) },
    { name: 'e', type: 'float64', dims: [1], values: Float64Array.of(Math.PI) },
    int64Tensor('f', [-1, 1, 2 ** 40]),
  ] as const)('a constant of type $type is read as it was written', (tensor) => {
    expect(readTensor(tensorProto(tensor), 'mine.onnx')).toEqual(tensor);
  });

  test('constants of a file are the weights that the embedded encoder runs with', async () => {
    const bundle = await loadModel(`${zooDirectory()}dualnet-mag-m16`, ['encoder']);
    const model = decodeModel(await readFile(`${zooDirectory()}dualnet-mag-m16/encoder.onnx`), 'encoder.onnx');
    const read = model.graph.initializer.map((tensor) => readTensor(tensor, 'encoder.onnx'));
    const { weights, bias, numInputs, numOutputs } = readEncoderLayers(bundle).dense;
    expect(read.map(({ type, dims, values }) => ({ type, dims, values }))).toEqual([
      { type: 'float16', dims: [numOutputs, numInputs], values: weights },
      { type: 'float32', dims: [numOutputs], values: bias },
    ]);
  });

  test('values in typed fields are read as raw ones are', () => {
    const values = { name: 'a', dims: [2], dataType: 1, floatData: [1, 2] };
    expect(readTensor(values, 'mine.onnx').values).toEqual(Float32Array.of(1, 2));
    expect(readTensor({ ...values, dataType: 7, int64Data: [1, 2] }, 'mine.onnx').values).toEqual(
      BigInt64Array.of(1n, 2n),
    );
  });

  test.each([
    ['too few values', { dims: [3], dataType: 1, rawData: new Uint8Array(8) }, /of shape \[3\] has 2 values/],
    ['another file', { dims: [1], dataType: 1, externalData: [{}] }, /lies in another file/],
    ['text', { dims: [1], dataType: 8, stringData: [] }, /element type 8/],
  ])('a constant with %s is refused by name and file', (_, tensor, message) => {
    const read = () => readTensor({ name: 'w', ...tensor }, 'mine.onnx');
    expect(read).toThrow(message);
    expect(read).toThrow(/^mine\.onnx: constant w /);
  });
});

describe('editing', () => {
  test('every intermediate value becomes an output', async () => {
    const model = affine();
    expect(exposeIntermediates(model)).toEqual(['doubled', 'shifted']);
    expect(await outputsOf(model)).toEqual({ y: [4, 31], doubled: [2, 20], shifted: [3, 21] });
  });

  test('a node that is bypassed passes its input on', async () => {
    const model = affine();
    bypassNode(model, node(model, 'doubled'));
    expect(await outputsOf(model)).toEqual({ y: [3, 21] });
  });

  test('a bypassed node that made an output of the graph leaves the output its name', async () => {
    const model = affine();
    bypassNode(model, node(model, 'y'), 'doubled');
    removeUnused(model);
    expect(await outputsOf(model)).toEqual({ y: [2, 20] });
    expect(model.graph.node.map(({ opType }) => opType)).toEqual(['Mul', 'Identity']);
    expect(model.graph.initializer.map(({ name }) => name)).toEqual(['two']);
  });

  test('a node can be replaced by others, and a constant by another of its name', async () => {
    const model = affine();
    const elu = createNode('Elu', ['negative'], ['shifted'], { attributes: { alpha: { float: 0.5 } } });
    replaceNode(model, node(model, 'shifted'), createNode('Neg', ['doubled'], ['negative']), elu);
    setInitializer(model, floatTensor('two', [2], Float32Array.of(-3, -3)));
    expect(await outputsOf(model)).toEqual({ y: [4, 40] });
    expect(consumersOf(model, 'negative')).toEqual([elu]);
    expect(() => replaceNode(affine(), elu)).toThrow(RangeError);
  });

  test('attributes are read with their defaults', () => {
    const conv = createNode('Conv', ['x', 'w'], ['y'], { attributes: { pads: [1, 1, 1, 1], group: 2 } });
    expect([intsOf(conv, 'pads'), intOf(conv, 'group', 1), intOf(conv, 'axis', -1), intsOf(conv, 'strides')]).toEqual([
      [1, 1, 1, 1],
      2,
      -1,
      [],
    ]);
  });

  test('values are found by name or refused with the names there are', () => {
    const model = affine();
    expect(requireValue(model, 'input', 'x', 'affine.onnx').name).toBe('x');
    expect(() => requireValue(model, 'output', 'z', 'affine.onnx')).toThrow('affine.onnx has no output z; there are y');
    expect(findInitializer(model, 'two')?.name).toBe('two');
    expect(findInitializer(model, 'three')).toBeUndefined();
  });
});

describe('running', () => {
  test('an operator that does not exist is refused by the name of the file', async () => {
    const model = affine();
    node(model, 'doubled').opType = 'Doubling';
    await expect(outputsOf(model)).rejects.toThrow(/^affine\.onnx: .*Doubling/);
  });

  test('an input of another shape is refused by the name of the file', async () => {
    const probe = await openOrtProbe(encodeModel(affine()), 'affine.onnx');
    await expect(probe.run({ x: { values: new Float32Array(3), dims: [1, 3] } })).rejects.toThrow(/^affine\.onnx: /);
    await expect(probe.run({})).rejects.toThrow(/^affine\.onnx: /);
    await probe.release();
  });
});
