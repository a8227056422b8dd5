import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'vitest';
import { edgeCsi } from '../edge-csi-command.ts';

/** Runs `edge-csi bench` with a folder for what it writes. */
export class BenchCommand implements AsyncDisposable {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async open(): Promise<BenchCommand> {
    return new BenchCommand(await mkdtemp(path.join(tmpdir(), 'edge-csi-')));
  }

  /** @returns what it printed and its JSON; it must end with 0 and say nothing on stderr */
  async run(...args: string[]) {
    const json = path.join(this.folder, 'bench.json');
    const { code, stderr, stdout } = await edgeCsi('bench', ...args, '--json', json);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    return { stdout, result: JSON.parse(await readFile(json, 'utf8')) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true });
  }
}
