import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);
const proto = fileURLToPath(new URL('../../../proto/', import.meta.url));

describe('proto/src/generated', () => {
  it('is what csi_feedback.proto and rules.js generate', async () => {
    await expect(run(process.execPath, ['generate.js', '--check'], { cwd: proto })).resolves.toMatchObject({
      stderr: '',
    });
  }, 30_000);

  it('runs where a content security policy forbids making code from strings', async () => {
    const source = `
      import { decodeFrame, encodeFrame } from './src/index.ts';
      const bytes = encodeFrame('reject', { code: 'overload', message: 'x', retryable: true, seq: 3 });
      console.log(decodeFrame(bytes).value.seq);`;
    const { outputFiles } = await build({
      stdin: { contents: source, resolveDir: proto },
      ...({
        bundle: true,
        minify: true,
        format: 'cjs',
        platform: 'node',
        alias: { '@edge-csi/csi': fileURLToPath(new URL('../../../csi/src/index.ts', import.meta.url)) },
        write: false,
      } as const),
    });
    const code = outputFiles?.[0]?.text as string;
    const { stdout } = await run(process.execPath, ['--disallow-code-generation-from-strings', '--eval', code]);
    expect(stdout.trim()).toBe('3');
  }, 30_000);
});
