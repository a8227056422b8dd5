import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writableFile, writableFolder } from '../../../scripts/cli/src/options/parse.ts';

let folder: string;
const at = (name: string) => path.join(folder, name);

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'edge-csi-output-files-'));
  await mkdir(at('folder'));
  await writeFile(at('file'), '');
});
afterEach(() => rm(folder, { recursive: true }));

describe('a file to write', () => {
  it.each(['file', 'new'])('may be %s', (name) => {
    expect(writableFile(at(name))).toBe(at(name));
  });

  it.each([
    ['folder', 'which is a folder; give a file'],
    ['missing/file', 'missing is not a folder that can be written to'],
  ])('is not %s', (name, problem) => {
    expect(() => writableFile(at(name))).toThrow(problem);
  });
});

describe('a folder to write into', () => {
  it.each(['folder', 'new', 'missing/folder'])('may be %s', (name) => {
    expect(writableFolder(at(name))).toBe(at(name));
  });

  it.each([
    ['file', 'file is not a folder that can be written to'],
    ['file/folder', 'file is not a folder that can be written to'],
  ])('is not %s', (name, problem) => {
    expect(() => writableFolder(at(name))).toThrow(problem);
  });
});
