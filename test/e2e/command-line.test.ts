import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { edgeCsi, program } from './edge-csi-command.ts';

it('says its version, and what it can do', async () => {
  const { stdout } = await edgeCsi('--version');
  const manifest = await readFile(fileURLToPath(new URL('../../scripts/cli/package.json', import.meta.url)), 'utf8');
  expect(stdout).toBe(`${JSON.parse(manifest).version}\n`);
  const commands =
    'link-run bench report figures simulate convert serve ue token models prune visualize embed help'.split(' ');
  const help = await edgeCsi('--help');
  expect(Array.from(help.stdout.matchAll(/^ {2}([a-z][a-z-]*) /gm), ([, name]) => name)).toEqual(commands);
  expect(await edgeCsi('bnch')).toMatchObject({ code: 2, stderr: expect.stringContaining('Did you mean bench?') });
});

it('does the rest of what it was asked for where nobody reads its output any more', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'edge-csi-'));
  try {
    const json = path.join(folder, 'models.json');
    const child = spawn(process.execPath, [program, 'models', 'list', '--json', json]);
    child.stdout.destroy();
    const complaints: Buffer[] = [];
    child.stderr.on('data', (chunk: Buffer) => complaints.push(chunk));
    const [code] = await once(child, 'close');
    expect(Buffer.concat(complaints).toString()).toBe('');
    expect(code).toBe(0);
    expect(JSON.parse(await readFile(json, 'utf8'))).toHaveProperty('models');
  } finally {
    await rm(folder, { recursive: true });
  }
});
