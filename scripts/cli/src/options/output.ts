import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { drawFigureFile, type Page, renderHtmlPage, renderMarkdownPage } from '@edge-csi/report';
import { type OptionsOf, optionGroup } from './command.ts';
import { figureFolder, writableFile } from './parse.ts';

/** Where a result goes as JSON. */
export const jsonOption = ['--json <file>', 'write the result as JSON', writableFile] as const;

/** What a page is written as. */
export const withPage = optionGroup((command) =>
  command
    .option('--report <file>', 'write the result as one HTML page: tables, figures, machine, command', writableFile)
    .option('--svg <dir>', 'write every figure as a file into this folder', figureFolder)
    .option('--markdown <file>', 'write the result as a Markdown page, with the figures of --svg', writableFile),
);

/** Files of a page; nothing where all are absent. */
export type PageTargets = OptionsOf<typeof withPage<[], Record<never, never>, Record<never, never>>>;

/** Writes a page as whatever is asked for. */
export async function writePage(page: Page, { report, svg, markdown }: PageTargets): Promise<void> {
  if (report !== undefined) await writeFile(report, await renderHtmlPage(page));
  if (svg !== undefined) {
    for (const figure of page.sections.flatMap(({ figures = [] }) => figures)) {
      await writeFile(path.join(svg, `${figure.name}.svg`), await drawFigureFile(figure));
    }
  }
  if (markdown === undefined) return;
  const folder = svg && path.relative(path.dirname(markdown), svg).split(path.sep).join('/');
  const figureUrl = folder === undefined ? undefined : (name: string) => path.posix.join(folder, `${name}.svg`);
  await writeFile(markdown, renderMarkdownPage(page, figureUrl));
}

/** Writes a result as indented JSON. Nothing is written where no file is asked for. */
export async function writeJson(file: string | undefined, result: unknown): Promise<void> {
  if (file !== undefined) await writeFile(file, `${JSON.stringify(result, null, 2)}\n`);
}
