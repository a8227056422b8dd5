import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { requireWritable, requireWritableFolder } from '../../../scripts/cli/src/json-file.ts';

let folder: string;
const at = (name: string) => path.join(folder, name);

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'edge-csi-json-file-'));
  await mkdir(at('folder'));
  await writeFile(at('file'), '');
});
afterEach(() => rm(folder, { recursive: true }));

describe('requireWritable', () => {
  it.each([[undefined], ['file'], ['new']])('takes %s', async (name) => {
    await expect(requireWritable(name && at(name))).resolves.toBeUndefined();
  });

  it.each([
    ['folder', 'which is a folder; give a file'],
    ['missing/file', 'missing is not a folder that can be written to'],
  ])('refuses %s', async (name, problem) => {
    await expect(requireWritable(at(name))).rejects.toThrow(problem);
  });
});

describe('requireWritableFolder', () => {
  it.each([[undefined], ['folder'], ['new']])('takes %s', async (name) => {
    await expect(requireWritableFolder(name && at(name), '--out')).resolves.toBeUndefined();
  });

  it.each([
    ['file', '--out is'],
    ['missing/folder', 'missing is not a folder that can be written to'],
  ])('refuses %s', async (name, problem) => {
    await expect(requireWritableFolder(at(name), '--out')).rejects.toThrow(problem);
  });
});
