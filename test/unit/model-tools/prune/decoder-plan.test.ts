import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { zooDirectory } from '@edge-csi/models/disk';
import { describe, expect, it } from 'vitest';
import { buildModel, type Operator } from '../../../../scripts/model-tools/src/onnx/graph.ts';
import { floatTensor } from '../../../../scripts/model-tools/src/onnx/tensor.ts';
import { planDecoder } from '../../../../scripts/model-tools/src/prune/decoder-plan.ts';

const planOf = async (id: string, length: number, numInputs = 1024) =>
  planDecoder(await readFile(path.join(zooDirectory(), id, 'decoder.onnx')), `${id}/decoder.onnx`, length, numInputs);

const tiny = (operators: readonly Operator[]) =>
  buildModel({
    inputs: [{ name: 'latent', dims: [2] }],
    output: { name: 'magnitude', dims: [3] },
    initializers: [floatTensor('w', [2, 3], new Float32Array(6)), floatTensor('v', [2, 3], new Float32Array(6))],
    operators,
  });

describe('planDecoder', () => {
  it('finds every place where an unrolled decoder depends on the encoder, pruned or full', async () => {
    for (const id of ['dualnet-mag-m16', 'dualnet-mag-m16-full']) {
      const { encodings, trusts, prior, first, columnOrder } = await planOf(id, 16);
      expect(first.opType).toBe('MatMul');
      expect(encodings).toHaveLength(4);
      expect(trusts).toHaveLength(5);
      expect(prior?.inner.dims).toEqual([1024, 256]);
      expect([...(columnOrder ?? [])].sort((a, b) => a - b)).toEqual(Array.from({ length: 1024 }, (_, i) => i));
      // The estimate is what stands before the convolution, too.
      expect(encodings.every(({ estimate }) => estimate.includes('Add'))).toBe(true);
    }
  });

  it('finds the one Dense layer of the published decoder', async () => {
    const { first, encodings, trusts, prior } = await planOf('dualnet-mag-minmax-m43', 43);
    expect(first.opType).toBe('Gemm');
    expect([encodings.length, trusts.length, prior]).toEqual([0, 0, undefined]);
  });

  it('names file and operator where the latent goes elsewhere', () => {
    const relu: Operator[] = [
      { type: 'Relu', inputs: ['latent'], output: 'r' },
      { type: 'MatMul', inputs: ['r', 'w'], output: 'magnitude' },
    ];
    expect(() => planDecoder(tiny(relu), 'x/decoder.onnx', 2, 3)).toThrow(
      /x\/decoder.onnx: r \(Relu\) reads the latent; pruning knows Gemm, MatMul/,
    );
    const two: Operator[] = [
      { type: 'MatMul', inputs: ['latent', 'w'], output: 'a' },
      { type: 'MatMul', inputs: ['latent', 'v'], output: 'b' },
      { type: 'Add', inputs: ['a', 'b'], output: 'magnitude' },
    ];
    expect(() => planDecoder(tiny(two), 'x/decoder.onnx', 2, 3)).toThrow(/2 Dense layers take the latent/);
    const one: Operator[] = [{ type: 'MatMul', inputs: ['latent', 'w'], output: 'magnitude' }];
    expect(() => planDecoder(tiny(one), 'x/decoder.onnx', 5, 3)).toThrow(/w is 2 x 3, for 5 components/);
  });
});
