import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);
const proto = fileURLToPath(new URL('../../../proto/', import.meta.url));

describe('proto/src/generated', () => {
  it('is what csi_feedback.proto generates', async () => {
    await expect(run(process.execPath, ['generate.js', '--check'], { cwd: proto })).resolves.toMatchObject({
      stderr: '',
    });
  }, 30_000);

  it('runs where a content security policy forbids making code from strings', async () => {
    const codec = await readFile(`${proto}src/generated/codec.ts`, 'utf8');
    expect(codec.match(/from "(.*)"/g)).toEqual(['from "protobufjs/minimal.js"']);
    const use = `
      const { Frame } = edge_csi.v1;
      const bytes = Frame.encode({ reject: { code: 'overload', message: 'x', retryable: true, seq: 3 } }).finish();
      console.log(JSON.stringify(Frame.decode(bytes).reject.seq));`;
    const flags = ['--disallow-code-generation-from-strings', '--input-type=module', '--eval'];
    const { stdout } = await run(process.execPath, [...flags, codec + use], { cwd: proto });
    expect(stdout.trim()).toBe('3');
  }, 30_000);
});
