import { readdir, readFile } from 'node:fs/promises';
import { zooDirectory } from '@edge-csi/models/disk';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { sampleData } from '../../../../scripts/lab/src/data.ts';
import { temporaryFile, temporaryPath } from '../../csi/temporary.ts';
import { edgeCsi } from '../in-process.ts';

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

async function visualize(...args: string[]) {
  expect(await edgeCsi('visualize', ...args)).toEqual({ code: 0, stdout: '', stderr: '' });
}

test('the summary of a file counts it and is written as JSON', async () => {
  const json = await temporaryPath('summary.json');
  await visualize('summary', '--onnx', `${zoo}dualnet-mag-m16/encoder.onnx`, '--json', json);
  expect(printed).toContain('16,400 parameters in 32,');
  const { schema, networks } = JSON.parse(await readFile(json, 'utf8'));
  expect([schema, networks[0].total.macs]).toEqual(['edge-csi/visualize-summary@1', 16 * 1024]);
});

test('statistics are of samples spread over the data', async () => {
  const json = await temporaryPath('statistics.json');
  await visualize('statistics', '--model', 'dualnet-mag-m4', '--samples', '3', '--json', json);
  expect(printed).toContain('dualnet-mag-m4, 3 samples of cost2100-indoor-test-1024.npz');
  expect(printed).toMatch(/encoder.dense +Dense +4 /);
  const { layers } = JSON.parse(await readFile(json, 'utf8'));
  expect(layers[0]).toMatchObject({ layer: 'encoder.dense', shape: [4], fullRank: 2 });
});

test('figures as SVG go into a folder, whether it is there or not', async () => {
  const folder = await temporaryPath('figures');
  const out = await temporaryPath('activations.html');
  const args = ['activations', '--model', 'dualnet-mag-m4', '--out', out, '--svg', folder];
  await visualize(...args);
  const made = await readdir(folder);
  expect(made).toContain('00-input.svg');
  await visualize(...args);
  expect(await readdir(folder)).toEqual(made);
});

test('a path report is shown path by path, and each path makes the estimate better', async () => {
  const [json, report] = [await temporaryPath('paths.json'), await temporaryPath('paths.html')];
  await visualize('paths', '--sample', '700', '--max-bits', '200', '--json', json, '--report', report);
  const result = JSON.parse(await readFile(json, 'utf8'));
  expect(result).toMatchObject({ schema: 'edge-csi/visualize-paths@1', model: 'paths-indoor', sample: 700 });
  expect(result.bits).toBeLessThanOrEqual(200);
  expect(result.nmseDb).toBeLessThan(-20);
  const { bits, nmseDb } = result.paths.at(-1);
  expect({ bits, nmseDb }).toEqual({ bits: result.bits, nmseDb: result.nmseDb });
  expect(result.paths[0].nmseDb).toBeLessThan(0);
  expect(result.paths[0].nmseDb).toBeGreaterThan(result.paths[2].nmseDb + 1);
  expect(printed).toContain(`${result.paths.length} paths in ${result.bits} bits`);
  const page = await readFile(report, 'utf8');
  expect(page.match(/<circle /g)).toHaveLength(result.paths.length);
  expect(page).toContain('after 4 paths');
});

describe('bad usage', () => {
  const activations = ['activations', '--model', 'dualnet-mag-m4'];

  test.each([
    ['neither model nor file', ['summary'], /^edge-csi: give either --model/],
    ['both model and file', ['summary', '--model', 'a', '--onnx', 'b'], /^edge-csi: give either --model/],
    ['a file that is not there', ['summary', '--onnx', 'absent.onnx'], /'absent.onnx', which cannot be read/],
    ['a model that is not there', ['summary', '--model', 'absent'], /no model 'absent' in .*; there are /],
    ['a sample past the end', [...activations, '--sample', '1024'], /0 to 1023/],
    ['a network for paths', ['paths', '--model', 'dualnet-mag-m4'], /no model of path reports 'dualnet-mag-m4'/],
    ['a sample past the end for paths', ['paths', '--sample', '1024'], /0 to 1023/],
    ['a budget that holds no path', ['paths', '--max-bits', '10'], /^edge-csi: --max-bits is '10'/],
    ['no folder', [...activations, '--out', 'absent/a.html'], /^edge-csi: --out is /],
    [
      'a file for a folder',
      [...activations, '--svg', sampleData],
      /^edge-csi: --svg is .*, but .* is not a folder that can be written to/,
    ],
  ])('%s is refused', async (_, args, message) => {
    const { code, stderr } = await edgeCsi('visualize', ...args);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(code).toBe(2);
  });
});

describe('bad files', () => {
  test('text is refused as no ONNX file', async () => {
    const file = await temporaryFile('mine.onnx', new TextEncoder().encode('# no model'));
    expect(await edgeCsi('visualize', 'summary', '--onnx', file)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^edge-csi: model-invalid: .*mine\.onnx is not an ONNX file/),
    });
  });

  test('a graph with an operator that nobody knows is refused by the name of its file', async () => {
    const bytes = await readFile(`${zoo}dualnet-mag-m4/decoder.onnx`);
    // In the type of a node (field 4, 9 bytes), of the same length: the file stays a graph.
    const at = bytes.indexOf('\u0022\u0009LeakyRelu', 0, 'latin1');
    expect(at).toBeGreaterThan(0);
    bytes.write('LeakyRelx', at + 2, 'latin1');
    const file = await temporaryFile('mine.onnx', bytes);
    expect(await edgeCsi('visualize', 'summary', '--onnx', file)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^edge-csi: model-invalid: .*mine\.onnx: .*LeakyRelx/),
    });
  });
});
