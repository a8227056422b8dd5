import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { program } from '../edge-csi-command.ts';

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
