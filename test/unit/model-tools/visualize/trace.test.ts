import { describe, expect, test } from 'vitest';
import { decodeModel, encodeModel } from '../../../../scripts/model-tools/src/onnx/schema.ts';
import { activationFigures } from '../../../../scripts/model-tools/src/visualize/activation-figures.ts';
import { type ModelTrace, openModelTrace } from '../../../../scripts/model-tools/src/visualize/model-trace.ts';
import { type FamilyModel, writeFamilyModel } from '../../../family-model.ts';
import { temporaryPath } from '../../csi/temporary.ts';
import { residualModel, residualSample, withNetworks } from './residual-model.ts';

async function withTrace<T>(model: FamilyModel, use: (trace: ModelTrace) => Promise<T>): Promise<T> {
  const zoo = await temporaryPath('zoo');
  await writeFamilyModel(zoo, model);
  const trace = await openModelTrace(model.manifest, zoo);
  try {
    return await use(trace);
  } finally {
    await trace.close();
  }
}

test('a trace shows what every layer made of a sample, as maps where there are any', async () => {
  const { layers, truth, decoded, nmseDb } = await withTrace(await residualModel(), (trace) =>
    trace.run(residualSample(1)),
  );
  const byName = new Map(layers.map((layer) => [`${layer.network} ${layer.layer.name}`, layer]));
  expect(byName.get('encoder net.conv')).toMatchObject({ dims: [1, 4, 4], values: truth });
  expect(byName.get('encoder net.Relu')?.dims).toEqual([1, 4, 4]);
  expect(byName.get('encoder net.dense')?.values).toEqual(truth.slice(0, 8));
  expect(byName.get('decoder net.dense')?.dims).toEqual([1, 4, 4]);
  expect(byName.get('decoder net.first')?.dims).toEqual([2, 4, 4]);
  expect(byName.get('decoder net.join')?.values).toEqual(decoded);
  const error = truth.reduce((sum, value, i) => sum + (value - (decoded[i] as number)) ** 2, 0);
  // Normalised magnitudes have norm 1.
  expect(10 ** (nmseDb / 10)).toBeCloseTo(error, 5);
});

test('figures follow the layers: the codeword, the Dense output beside the uplink, a map for each channel', async () => {
  const figures = await withTrace(await residualModel(), async (trace) => {
    const traces = [await trace.run(residualSample(1)), await trace.run(residualSample(2))];
    return activationFigures({ dims: trace.dims, codeword: 'latent', traces });
  });
  const summary = figures.map(({ id, maps }) => `${id}: ${maps.map(({ label }) => label).join(', ')}`);
  expect(summary).toEqual([
    '00-input: downlink, uplink',
    '01-encoder.net.conv: channel 0',
    '02-encoder.net.norm: channel 0',
    '03-encoder.net.Relu: channel 0',
    '04-encoder.net.dense: codeword',
    '05-decoder.net.dense: Dense output, uplink',
    '06-decoder.net.first: channel 0, channel 1',
    '07-decoder.net.LeakyRelu: channel 0, channel 1',
    '08-decoder.net.second: channel 0',
    '09-decoder.net.Add: channel 0',
    '10-decoder.net.rest.Mul: channel 0',
    '11-decoder.net.join: channel 0',
    '12-output: output, true downlink',
    '13-error: error',
  ]);
  for (const { maps } of figures) {
    for (const { height, width, values } of maps) {
      expect(values.map(({ length }) => length)).toEqual([height * width, height * width]);
    }
  }
  const dead = figures.find(({ id }) => id === '06-decoder.net.first')?.maps[1]?.values[1];
  expect(dead?.every((value) => value === 0)).toBe(true);
});

describe('a network that is not what its manifest says', () => {
  const change = async (
    role: 'encoder' | 'decoder',
    edit: (graph: ReturnType<typeof decodeModel>['graph']) => void,
  ) => {
    const model = await residualModel();
    const changed = decodeModel(model.files.get(`${role}.onnx`) as Uint8Array, role);
    edit(changed.graph);
    return withNetworks(model, { [role]: encodeModel(changed) });
  };

  test.each([
    [
      'an operator that onnxruntime does not have',
      'decoder',
      (graph) => {
        for (const node of graph.node) if (node.opType === 'LeakyRelu') node.opType = 'LeakierRelu';
      },
      /^residual\/decoder\.onnx: .*LeakierRelu/,
    ],
    [
      'an output of another name',
      'encoder',
      (graph) => {
        for (const value of graph.output) value.name = 'flat';
      },
      'residual/encoder.onnx: gives flat, the manifest asks for latent',
    ],
    [
      'an input of another shape',
      'decoder',
      (graph) => {
        const shape = graph.input[0]?.type?.tensorType?.shape;
        if (shape) shape.dim = [{ dimValue: 1 }, { dimValue: 9 }];
      },
      /^residual\/decoder\.onnx: /,
    ],
  ] as [string, 'encoder' | 'decoder', Parameters<typeof change>[1], RegExp | string][])(
    '%s is refused by the name of its file',
    async (_, role, edit, message) => {
      const model = await change(role, edit);
      await expect(withTrace(model, (trace) => trace.run(residualSample(1)))).rejects.toMatchObject({
        code: 'model-invalid',
        message: expect.stringMatching(message),
      });
    },
  );
});
