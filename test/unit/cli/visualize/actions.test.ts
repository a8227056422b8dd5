import { readdir, readFile } from 'node:fs/promises';
import { zooDirectory } from '@edge-csi/models/disk';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { activations, statistics, summary } from '../../../../scripts/cli/src/commands/visualize-actions.ts';
import { sampleData } from '../../../../scripts/lab/src/data.ts';
import { UsageError } from '../../../../scripts/lab/src/usage-error.ts';
import { temporaryFile, temporaryPath } from '../../csi/temporary.ts';

let printed: string;

beforeEach(() => {
  printed = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += text;
    return true;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
});

const zoo = zooDirectory();
const common = { zoo, data: sampleData, sample: ['0'], out: 'activations.html', colours: 'linear' } as const;

test('the summary of a file counts it and is written as JSON', async () => {
  const json = await temporaryPath('summary.json');
  await summary({ zoo, onnx: [`${zoo}dualnet-mag-m16/encoder.onnx`], json });
  expect(printed).toContain('16,400 parameters in 32,');
  const { schema, networks } = JSON.parse(await readFile(json, 'utf8'));
  expect([schema, networks[0].total.macs]).toEqual(['edge-csi/visualize-summary@1', 16 * 1024]);
});

test('statistics are of samples spread over the data', async () => {
  const json = await temporaryPath('statistics.json');
  await statistics({ zoo, data: sampleData, model: 'dualnet-mag-m4', samples: 3, json });
  expect(printed).toContain('dualnet-mag-m4, 3 samples of cost2100-indoor-test-1024.npz');
  expect(printed).toMatch(/encoder.dense +Dense +4 /);
  const { layers } = JSON.parse(await readFile(json, 'utf8'));
  expect(layers[0]).toMatchObject({ layer: 'encoder.dense', shape: [4], fullRank: 2 });
});

test('figures as SVG go into a folder, whether it is there or not', async () => {
  const folder = await temporaryPath('figures');
  const options = { ...common, model: 'dualnet-mag-m4', out: await temporaryPath('activations.html'), svg: folder };
  await activations(options);
  const made = await readdir(folder);
  expect(made).toContain('00-input.svg');
  await activations(options);
  expect(await readdir(folder)).toEqual(made);
});

describe('bad usage', () => {
  test.each([
    ['neither model nor file', () => summary({ zoo }), /^give either --model/],
    ['both model and file', () => summary({ zoo, model: 'a', onnx: ['b'] }), /^give either --model/],
    ['a file that is not there', () => summary({ zoo, onnx: ['absent.onnx'] }), /'absent.onnx', which cannot be read/],
    ['a model that is not there', () => summary({ zoo, model: 'absent' }), /no model 'absent' in .*; there are /],
    ['a sample past the end', () => activations({ ...common, model: 'dualnet-mag-m4', sample: ['1024'] }), /0 to 1023/],
    ['no folder', () => activations({ ...common, model: 'dualnet-mag-m4', out: 'absent/a.html' }), /^--out is /],
    [
      'a file for a folder',
      () => activations({ ...common, model: 'dualnet-mag-m4', svg: sampleData }),
      /^--svg is .*, but .* is not a folder that can be written to/,
    ],
  ])('%s is refused', async (_, run, message) => {
    const refusal: unknown = await run().catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(UsageError);
    expect(refusal).toMatchObject({ message: expect.stringMatching(message) });
  });
});

describe('bad files', () => {
  test('text is refused as no ONNX file', async () => {
    const file = await temporaryFile('mine.onnx', new TextEncoder().encode('# no model'));
    await expect(summary({ zoo, onnx: [file] })).rejects.toMatchObject({
      code: 'model-invalid',
      message: expect.stringContaining('mine.onnx is not an ONNX file'),
    });
  });

  test('a graph with an operator that nobody knows is refused by the name of its file', async () => {
    const bytes = await readFile(`${zoo}dualnet-mag-m4/decoder.onnx`);
    // In the type of a node (field 4, 9 bytes), of the same length: the file stays a graph.
    const at = bytes.indexOf('\u0022\u0009LeakyRelu', 0, 'latin1');
    expect(at).toBeGreaterThan(0);
    bytes.write('LeakyRelx', at + 2, 'latin1');
    const file = await temporaryFile('mine.onnx', bytes);
    await expect(summary({ zoo, onnx: [file] })).rejects.toMatchObject({
      code: 'model-invalid',
      message: expect.stringMatching(/mine\.onnx: .*LeakyRelx/),
    });
  });
});
