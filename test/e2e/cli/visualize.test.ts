import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { edgeCsi } from '../edge-csi-command.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'edge-csi-visualize-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function jsonOf(file: string) {
  return JSON.parse(await readFile(file, 'utf8'));
}

describe('edge-csi visualize', () => {
  test('activations writes a page, a picture of each figure and the values', async () => {
    const out = path.join(folder, 'page.html');
    const svg = path.join(folder, 'figures');
    const json = path.join(folder, 'values.json');
    const args = ['--model', 'dualnet-mag-minmax-m43', '--sample', '0,900', '--out', out, '--svg', svg, '--json', json];
    const { code, stdout } = await edgeCsi('visualize', 'activations', ...args);
    expect([code, stdout.split('\n')[0]]).toEqual([0, `${out}: 31 figures, 2 samples`]);
    expect(await readFile(out, 'utf8')).toMatch(/^<!doctype html>.*Activations of dualnet-mag-minmax-m43/s);
    const pictures = await readdir(svg);
    expect(pictures).toHaveLength(31);
    expect(pictures).toContain('10-decoder.block1.conv2.svg');
    const { schema, samples } = await jsonOf(json);
    expect(schema).toBe('edge-csi/visualize-activations@1');
    expect(samples.map(({ sample, nmseDb }: { sample: number; nmseDb: number }) => [sample, nmseDb < -10])).toEqual([
      [0, true],
      [900, true],
    ]);
    const dense = samples[1].layers.find(({ layer }: { layer: string }) => layer === 'encoder.dense');
    expect([dense.shape, dense.values.length]).toEqual([[43], 43]);
  });

  test('ablation prints the best trades and writes all', async () => {
    const json = path.join(folder, 'ablation.json');
    const args = ['--model', 'dualnet-mag-m4', '--samples', '4', '--no-channels', '--top', '3', '--json', json];
    const { code, stdout } = await edgeCsi('visualize', 'ablation', ...args);
    expect([code, stdout]).toEqual([0, expect.stringContaining('Whole model: -')]);
    const { nmseDb, ablations } = await jsonOf(json);
    expect(ablations.length).toBeGreaterThan(20);
    const dense = ablations.find(({ name }: { name: string }) => name === 'encoder.dense');
    expect(dense.nmseDb).toBeGreaterThan(nmseDb);
    expect(dense.saved.parameters).toBe(4 * 1024 + 4);
  });

  test('reciprocity of the shipped data is high of magnitudes and none of phases', async () => {
    const svg = path.join(folder, 'reciprocity.svg');
    const json = path.join(folder, 'reciprocity.json');
    const { code } = await edgeCsi('visualize', 'reciprocity', '--samples', '100', '--svg', svg, '--json', json);
    expect(code).toBe(0);
    const rows: readonly { quantity: string; mean: number }[] = (await jsonOf(json)).correlations;
    const mean = (name: string) => rows.find(({ quantity }) => quantity === name)?.mean ?? Number.NaN;
    expect(mean('magnitude')).toBeGreaterThan(0.7);
    expect(Math.abs(mean('phase'))).toBeLessThan(0.15);
    expect(await readFile(svg, 'utf8')).toMatch(/^<svg /);
  });
});
