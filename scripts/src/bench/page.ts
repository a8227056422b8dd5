import { writeFile } from 'node:fs/promises';
import { type LinePlot, renderLinePlot } from '../line-plot.ts';
import type { BenchOptions } from './bench-options.ts';

/**
 * Prints a suite's page, and writes it and its figure to the files asked for; where the run was interrupted it only prints,
 * so that a page of some earlier, whole run stays.
 *
 * @param plot - draws the figure; not called where none is asked for
 */
export async function writePage(
  page: string,
  plot: (() => LinePlot) | undefined,
  { markdown, svg, signal }: Pick<BenchOptions, 'markdown' | 'svg' | 'signal'>,
): Promise<void> {
  process.stdout.write(page);
  if (signal.aborted) return;
  if (markdown !== undefined) await writeFile(markdown, page);
  if (svg !== undefined && plot !== undefined) await writeFile(svg, await renderLinePlot(plot()));
}
