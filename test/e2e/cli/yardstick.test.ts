import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { edgeCsi } from '../edge-csi-command.ts';
import { BenchCommand } from './bench-command.ts';

let command: BenchCommand;

beforeAll(async () => {
  command = await BenchCommand.open();
});
afterAll(() => command[Symbol.asyncDispose]());

it('compares path reports, eType II, DualNet and top-K on a sample that ships and on simulated channels', async () => {
  const [page, svg] = [path.join(command.folder, 'yardstick.md'), command.folder];
  const size = ['--channels', 'munich,umi', '--samples', '4', '--fit-samples', '32', '--models', 'dualnet-mag-m16'];
  const { stdout, result } = await command.run('yardstick', ...size, '--markdown', page, '--svg', svg);
  expect(result).toMatchObject({ suite: 'yardstick', data: 'munich, umi' });
  expect(result.panels).toMatchObject([
    { name: 'munich', data: 'raytraced-munich-test-128.npz', isSimulated: false, samples: 4 },
    { name: 'umi', data: 'umi', isSimulated: true, samples: 4 },
  ]);
  for (const { curve, atBits } of result.panels) {
    const schemes = new Set(curve.map(({ scheme }: { scheme: string }) => scheme));
    expect(schemes).toEqual(new Set(['paths', 'etype2', 'topk-codebook', 'dualnet-mag-m16']));
    expect(atBits.map(({ bits }: { bits: number }) => bits)).toEqual([60, 110, 165, 240]);
    expect(atBits[1].paths.subbandSgcs).toBeGreaterThan(0);
    expect(atBits[1].etype2.nmseDb).toBeUndefined();
  }
  // Where path reports stand against eType II comes first.
  expect(stdout).toMatch(/^SGCS of path reports is /);
  expect(await readFile(page, 'utf8')).toMatch(/SGCS of path reports is .*^## SGCS at equal bits$/ms);
  for (const figure of ['sgcs', 'nmse']) {
    expect(await readFile(path.join(svg, `yardstick-${figure}.svg`), 'utf8')).toMatch(/^<svg .*munich.*umi/s);
  }
}, 300_000);

it('says what channels there are', async () => {
  const { code, stderr } = await edgeCsi('bench', 'yardstick', '--channels', 'mars');
  expect(code).toBe(2);
  expect(stderr).toMatch(/--channels is 'mars', give indoor, outdoor, munich, .*umi, or NAME=FILE/);
});
