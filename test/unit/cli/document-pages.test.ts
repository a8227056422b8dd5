import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { zooDirectory } from '@edge-csi/models/disk';
import { describe, expect, it } from 'vitest';
import { documentPages, filesOf } from '../../../scripts/cli/src/commands/figures.ts';
import { isBenchSuite } from '../../../scripts/cli/src/commands/report.ts';

describe.each(documentPages)('page $name', (page) => {
  const { name, args: given } = page;

  it('is measured by a command there is, on models there are', async () => {
    const [command, suite] = given;
    const isCommand = command === 'link-run' || (command === 'visualize' && suite === 'paths');
    expect(isCommand || (command === 'bench' && isBenchSuite(suite))).toBe(true);
    const models = given[given.indexOf('--models') + 1]?.split(',') ?? [];
    const zoo = await readdir(zooDirectory());
    if (given.includes('--models')) expect(zoo).toEqual(expect.arrayContaining(models));
  });

  it('asks for the data that its command reads, and no other', () => {
    const files = given.flatMap((argument) => argument.split(',')).map((item) => item.replace(/^.*=/, ''));
    expect(filesOf(page)).toEqual(files.filter((file) => file.endsWith('.npz')));
  });

  it('is described in docs/benchmarks.md with its command', async () => {
    const document = await readFile(fileURLToPath(new URL('../../../docs/benchmarks.md', import.meta.url)), 'utf8');
    const command = given[0] === 'link-run' ? 'edge-csi link-run' : `edge-csi ${given[0]} ${given[1]}`;
    const needsData = filesOf(page).length === 0 ? 'no' : 'yes';
    expect(document).toMatch(new RegExp(`^\\| ${name} \\| .* \\| \`${command}\` \\| ${needsData} \\|$`, 'm'));
  });
});
