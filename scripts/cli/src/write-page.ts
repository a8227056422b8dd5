import { access, constants, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { UsageError } from '@edge-csi/lab/usage-error';
import { drawFigureFile, type Page, renderHtmlPage, renderMarkdownPage } from '@edge-csi/report';
import type { Command } from 'commander';
import { requireWritable } from './json-file.ts';

/** What a page is written as; nothing where all are absent. */
export interface PageTargets {
  /** HTML file. */
  readonly report?: string;
  /** Folder, for every figure as a file. */
  readonly svg?: string;
  /** Markdown file, with the figures of the folder where there is one. */
  readonly markdown?: string;
}

/** Adds the options of `PageTargets` to a command. */
export function addPageOptions(command: Command): Command {
  return command
    .option('--report <file>', 'write the result as one HTML page: tables, figures, machine, command')
    .option('--svg <dir>', 'write every figure as a file into this folder')
    .option('--markdown <file>', 'write the result as a Markdown page, with the figures of --svg');
}

/** Checks, before a long run, that its page can be written. @throws UsageError that says which option to change. */
export async function requirePageTargets({ report, svg, markdown }: PageTargets): Promise<void> {
  await requireWritable(report, '--report');
  await requireWritable(markdown, '--markdown');
  if (svg === undefined) return;
  // Of the times when --svg named the one file of the one figure.
  if (svg.endsWith('.svg')) throw new UsageError(`--svg is '${svg}', give a folder: every figure becomes a file in it`);
  try {
    await mkdir(svg, { recursive: true });
    await access(svg, constants.W_OK);
  } catch (cause) {
    throw new UsageError(`--svg is '${svg}', which is not a folder that can be written to`, { cause });
  }
}

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
