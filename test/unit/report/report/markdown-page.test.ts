import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProgram } from '../../../../scripts/cli/src/options/command.ts';
import { withPage, writePage } from '../../../../scripts/cli/src/options/output.ts';
import { renderMarkdownPage } from '../../../../scripts/report/src/text-page.ts';
import { page } from './page-fixture.ts';

it('keeps a bar of a name inside its cell', () => {
  const rows = renderMarkdownPage(page, undefined)
    .split('\n')
    .filter((line) => line.startsWith('|') && line.includes('script'));
  expect(rows).toHaveLength(2);
  for (const row of rows) expect(row.replaceAll('\\|', '').match(/\|/g)).toHaveLength(3);
});

it('says where figures come from, and how busy the machine was', () => {
  expect(renderMarkdownPage(page, undefined)).toMatch(
    /^Measured by `edge-csi bench .*, 2 cores, Node 20, .*, decoder on cpu, load average 1\.3 before it began\.$/m,
  );
});

/** Where a command line wants its page. */
function targetsOf(...args: string[]) {
  return withPage(createProgram('test').exitOverride()).parse(args, { from: 'user' }).opts();
}

describe('written pages', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'edge-csi-'));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  it('point from Markdown to the files of the figures, wherever they are', async () => {
    const targets = { svg: path.join(folder, 'docs', 'figures'), markdown: path.join(folder, 'page.md') };
    targetsOf('--svg', targets.svg, '--markdown', targets.markdown);
    await writePage(page, targets);
    expect(await readdir(targets.svg)).toEqual(['lines.svg', 'maps.svg']);
    const markdown = await readFile(targets.markdown, 'utf8');
    expect(markdown.match(/\]\(docs\/figures\/\w+\.svg\)/g)).toHaveLength(2);
    for (const name of ['lines', 'maps']) {
      expect(await readFile(path.join(targets.svg, `${name}.svg`), 'utf8')).toMatch(/^<svg xmlns=.*<\/svg>\n$/s);
    }
  });

  it('are refused where they cannot be written, before anything is measured', async () => {
    const file = path.join(folder, 'taken');
    await writeFile(file, '');
    expect(() => targetsOf('--svg', file)).toThrow(/--svg is '.*taken', which is not a folder/);
    expect(() => targetsOf('--svg', 'curve.svg')).toThrow(/give a folder/);
    expect(() => targetsOf('--report', folder)).toThrow(/--report is '.*', which is a folder/);
    expect(() => targetsOf('--markdown', path.join(file, 'x.md'))).toThrow(/--markdown is '/);
  });
});
