import { drawFigure, tableOfFigure } from './draw-figure.ts';
import { escapeMarkup } from './markup.ts';
import type { Figure, Page, Provenance, Section, Table } from './page.ts';
import { pageStyle } from './page-style.ts';

/** Renders a page as one HTML document that needs nothing else: no script, no font, no file, no network. */
export async function renderHtmlPage(page: Page): Promise<string> {
  const { title, lead, provenance, sections } = page;
  const contents = sections.map((section, i) => `<a href="#section-${i + 1}">${escapeMarkup(section.title)}</a>`);
  const bodies: string[] = [];
  for (const [i, section] of sections.entries()) bodies.push(await renderSection(section, `section-${i + 1}`));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeMarkup(title)} - edge-csi</title>
<style>${pageStyle}</style>
</head>
<body>
<header>
<h1>${escapeMarkup(title)}</h1>
<p class="lead">${escapeMarkup(lead)}</p>
${contents.length < 2 ? '' : `<nav aria-label="Contents">${contents.join('')}</nav>`}
</header>
<main>
${bodies.join('\n')}
</main>
<footer>
<h2>How this was measured</h2>
<pre><code>${escapeMarkup(provenance.command)}</code></pre>
<dl>${facts(provenance)
    .map(([term, value]) => `<dt>${escapeMarkup(term)}</dt><dd>${escapeMarkup(value)}</dd>`)
    .join('')}</dl>
</footer>
</body>
</html>
`;
}

async function renderSection({ title, text, tables = [], figures = [] }: Section, id: string): Promise<string> {
  const drawn: string[] = [];
  for (const figure of figures) drawn.push(await renderFigure(figure));
  return [
    `<section id="${id}">`,
    `<h2>${escapeMarkup(title)}</h2>`,
    ...(text === undefined ? [] : [`<p>${escapeMarkup(text)}</p>`]),
    ...tables.map(renderTable),
    ...drawn,
    '</section>',
  ].join('\n');
}

async function renderFigure(figure: Figure): Promise<string> {
  return [
    `<figure id="${escapeMarkup(figure.name)}">`,
    `<div role="img" aria-label="${escapeMarkup(figure.drawing.title)}">${await drawFigure(figure)}</div>`,
    `<figcaption>${escapeMarkup(figure.caption)}</figcaption>`,
    `<details><summary>Numbers</summary>${renderTable(tableOfFigure(figure))}</details>`,
    '</figure>',
  ].join('\n');
}

function renderTable({ header, rows }: Table): string {
  const styles = header.map((_, column) => (rows.every((row) => isNumeric(row[column] ?? '')) ? '' : ' class="words"'));
  const head = header.map((cell, column) => `<th scope="col"${styles[column]}>${escapeMarkup(cell)}</th>`).join('');
  const body = rows.map(([first = '', ...rest]) => {
    const cells = rest.map((cell, i) => `<td${styles[i + 1]}>${escapeMarkup(cell)}</td>`).join('');
    return `<tr><th scope="row">${escapeMarkup(first)}</th>${cells}</tr>`;
  });
  return `<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${body.join('')}</tbody></table></div>`;
}

/** Whether a cell lines up with its neighbours at the right: a number, with whatever follows it, or none. */
function isNumeric(cell: string): boolean {
  return cell === '' || /^-?(\d|$)/.test(cell);
}

function facts({ data, seed, startedAt, loadAverage, environment }: Provenance): [string, string][] {
  const { cpu, cores, node, provider, gpu, versions } = environment;
  return [
    ['data', data],
    ['seed', String(seed)],
    ...(startedAt === undefined
      ? []
      : [['started', `${startedAt.slice(0, 16).replace('T', ' ')} UTC`] satisfies [string, string]]),
    ['machine', `${cpu}, ${cores} cores`],
    ...(loadAverage === undefined ? [] : [['load average before', loadAverage.toFixed(1)] satisfies [string, string]]),
    ['Node', node],
    ['decoder on', gpu === undefined ? provider : `${provider}, ${gpu}`],
    ...Object.entries(versions),
  ];
}
