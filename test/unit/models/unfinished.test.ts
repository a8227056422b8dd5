import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openOrtProbe } from '@edge-csi/bs-server/decode';
import { explainRefusal, requireRunnable } from '@edge-csi/models';
import { listDrafts, listModels, readReportManifest, zooDirectory } from '@edge-csi/models/disk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildModel } from '../../../scripts/model-tools/src/onnx/graph.ts';
import { decodeModel, encodeModel } from '../../../scripts/model-tools/src/onnx/schema.ts';

let zoo: string;

beforeAll(async () => {
  zoo = await mkdtemp(path.join(tmpdir(), 'edge-csi-zoo-'));
  await cp(path.join(zooDirectory(), 'dualnet-mag-m16'), path.join(zoo, 'dualnet-mag-m16'), { recursive: true });
  await mkdir(path.join(zoo, 'mine'));
  await writeFile(path.join(zoo, 'mine', 'manifest.json'), JSON.stringify({ schema: 'edge-csi/draft@1', id: 'mine' }));
});
afterAll(() => rm(zoo, { recursive: true }));

describe('a draft in a zoo', () => {
  it('leaves the models beside it as they are, and is listed apart', async () => {
    expect((await listModels(zoo)).map(({ id }) => id)).toEqual(['dualnet-mag-m16']);
    expect(await listDrafts(zoo)).toEqual([path.join(zoo, 'mine')]);
  });

  it('is named with the command that completes it', async () => {
    await expect(readReportManifest(path.join(zoo, 'mine'))).rejects.toThrow(
      `complete it with: edge-csi models complete ${path.join(zoo, 'mine')} --calibration FILE`,
    );
  });
});

describe('a network', () => {
  const model = () =>
    decodeModel(
      buildModel({
        inputs: [{ name: 'latent', dims: [2] }],
        output: { name: 'magnitude', dims: [2] },
        initializers: [{ name: 'bias', type: 'float32', dims: [2], values: Float32Array.of(1, 2) }],
        operators: [{ type: 'Add', inputs: ['latent', 'bias'], output: 'magnitude' }],
      }),
      'decoder.onnx',
    );

  it('that keeps its weights in another file is refused, naming it and the way out', () => {
    const apart = model();
    const [bias] = apart.graph.initializer as unknown as Record<string, unknown>[];
    Object.assign(bias as object, {
      rawData: undefined,
      dataLocation: 1,
      externalData: [{ key: 'location', value: 'decoder.onnx.data' }],
    });
    expect(() => requireRunnable(encodeModel(apart), 'mine/decoder.onnx')).toThrow(
      /^mine\/decoder.onnx: weights are in another file, decoder.onnx.data; .*external_data=False/,
    );
    expect(() => requireRunnable(encodeModel(model()), 'mine/decoder.onnx')).not.toThrow();
  });

  it('of another type, or of one batch size alone, is refused, naming input and way out', () => {
    const edge = ({ graph }: ReturnType<typeof model>) => graph.input[0]?.type?.tensorType;
    const half = model();
    Object.assign(edge(half) as object, { elemType: 10 });
    expect(() => requireRunnable(encodeModel(half), 'mine/encoder.onnx', { batches: false })).toThrow(
      'mine/encoder.onnx: input latent is float16, expected float32; export the network as model.float()',
    );
    const fixed = model();
    Object.assign(edge(fixed) as object, { shape: { dim: [{ dimValue: 1 }, { dimValue: 2 }] } });
    expect(() => requireRunnable(encodeModel(fixed), 'mine/decoder.onnx')).toThrow(
      'mine/decoder.onnx: input latent has a batch dimension of 1: export it as dynamic',
    );
    // A UE has one sample at a time, and no more.
    const many = model();
    Object.assign(edge(many) as object, { shape: { dim: [{ dimValue: 16 }, { dimValue: 2 }] } });
    expect(() => requireRunnable(encodeModel(many), 'mine/encoder.onnx', { batches: false })).toThrow(
      'mine/encoder.onnx: input latent has a batch dimension of 16: export it as dynamic',
    );
    expect(() => requireRunnable(encodeModel(fixed), 'mine/encoder.onnx', { batches: false })).not.toThrow();
  });

  it('whose inputs or outputs have other names than the manifest says is refused, naming both', () => {
    const use = (inputs: string[], output: string) => () =>
      requireRunnable(encodeModel(model()), 'mine/decoder.onnx', { names: { inputs, output } });
    const [output = ''] = model().graph.output.map(({ name }) => name);
    expect(use(['latent', 'uplink'], output)).not.toThrow();
    expect(use(['code'], output)).toThrow('mine/decoder.onnx: takes latent, the manifest asks for code;');
    expect(use(['latent'], 'csi')).toThrow(`mine/decoder.onnx: gives ${output}, the manifest asks for csi;`);
  });

  it('of a newer ONNX than the runtime is refused in our own words, any other reason on one line', async () => {
    const newer = model();
    newer.opsetImport = [{ domain: '', version: 99 }];
    await expect(openOrtProbe(encodeModel(newer), 'mine/decoder.onnx')).rejects.toThrow(
      /^mine\/decoder.onnx: it is of opset 99, and the runtime has opset \d+ at most; .*opset_version/,
    );
    newer.irVersion = 99;
    await expect(openOrtProbe(encodeModel(newer), 'mine/decoder.onnx')).rejects.toThrow(
      /^mine\/decoder.onnx: it is of ONNX IR 99, and the runtime reads IR \d+ at most; .*model.ir_version/,
    );
    expect(explainRefusal('no such\n operator\n')).toBe('no such operator');
  });

  it('that keeps a constant of a node, or of a branch of one, in another file is refused alike', () => {
    const externalData = [{ key: 'location', value: 'constants.bin' }];
    const tensor = { name: 'w', dims: [2], dataType: 1, dataLocation: 1, externalData };
    const constant = { opType: 'Constant', output: ['w'], attribute: [{ name: 'value', type: 4, t: tensor }] };
    const branch = { name: 'branch', node: [constant], initializer: [], input: [], output: [] };
    const condition = { opType: 'If', output: ['v'], attribute: [{ name: 'then_branch', type: 5, g: branch }] };
    for (const node of [constant, condition]) {
      const apart = model();
      (apart.graph.node as unknown[]).push({ input: [], name: '', ...node });
      expect(() => requireRunnable(encodeModel(apart), 'mine/decoder.onnx')).toThrow(/in another file, constants.bin;/);
    }
  });
});
