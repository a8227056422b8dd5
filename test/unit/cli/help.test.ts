import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { edgeCsi } from './in-process.ts';

/** Commands that a help text lists. */
function namesIn(help: string): (string | undefined)[] {
  const [, list = ''] = help.split('Commands:\n');
  return Array.from(list.split('\n\n')[0]?.matchAll(/^ {2}([a-z][a-z-]*) /gm) ?? [], ([, name]) => name);
}

it('says its version', async () => {
  const manifest = await readFile(new URL('../../../scripts/cli/package.json', import.meta.url), 'utf8');
  expect(await edgeCsi('--version')).toEqual({ code: 0, stdout: `${JSON.parse(manifest).version}\n`, stderr: '' });
});

it('names every command', async () => {
  const { code, stdout } = await edgeCsi('--help');
  expect(code).toBe(0);
  expect(namesIn(stdout)).toEqual(
    'link-run bench report figures simulate convert serve ue token models prune visualize embed help'.split(' '),
  );
});

const suites =
  'accuracy rate-distortion yardstick ageing moving throughput-gain latency server cluster soak decoder dense simulator';

describe('bench', () => {
  it('alone shows its suites', async () => {
    const { code, stderr } = await edgeCsi('bench');
    expect(namesIn(stderr)).toEqual([...suites.split(' '), 'help']);
    expect(code).toBe(2);
  });

  it.each(suites.split(' '))('%s has examples, and says where its result goes', async (suite) => {
    const { code, stdout } = await edgeCsi('bench', suite, '--help');
    expect(code).toBe(0);
    expect(stdout).toContain(`\n  edge-csi bench ${suite}`);
    for (const option of ['--json', '--seed', '--baseline', '--report', '--svg', '--markdown', '--models']) {
      expect(stdout).toContain(`\n  ${option} <`);
    }
  });
});

it('shows the defaults that the library has', async () => {
  const { stdout } = await edgeCsi('serve', '--help');
  expect(stdout).toMatch(/--deadline-ms <ms> +age at which a report is dropped \(default: 100\)/);
  expect(stdout).toMatch(/--period-slots <n> +report period UEs are told \(default: 20\)/);
});

it('lists what models has, once each', async () => {
  const { stdout } = await edgeCsi('models', '--help');
  const commands = 'load activate rollback unload status complete paths response verify list show card help';
  expect(namesIn(stdout)).toEqual(commands.split(' '));
});
