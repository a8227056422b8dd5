import { darkTheme, grid, ground, ink, muted } from './colours.ts';
import { drawFigure, type Figure, tableOfFigure } from './figure.ts';
import { escapeMarkup } from './markup.ts';
import type { Page, Provenance, Section } from './page.ts';
import type { Table } from './table.ts';

/**
 * Renders a page as one HTML document that needs nothing else: no script, no font, no file, no network.
 *
 * @example
 * await writeFile('accuracy.html', await renderHtmlPage({ title, lead, sections: [{ title: 'NMSE', tables }], provenance }));
 */
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

/** Style sheet of a page: light and dark by the reader's preference, light on paper. */
const pageStyle = `
:root{color-scheme:light dark;--ground:${ground.light};--ink:${ink.light};--muted:${muted.light};--line:${grid.light};--soft:#f5f6f8;--accent:#0072b2}
@media screen and (prefers-color-scheme:dark){:root{--ground:${ground.dark};--ink:${ink.dark};--muted:${muted.dark};--line:${grid.dark};--soft:#1c2027;--accent:#4ba6e0}}
*{box-sizing:border-box}
body{margin:0 auto;padding:2.5rem 1.5rem 4rem;max-width:74rem;background:var(--ground);color:var(--ink);font:16px/1.55 system-ui,"Helvetica Neue",Helvetica,Arial,sans-serif}
h1{margin:0 0 .4rem;font-size:1.9rem;line-height:1.2;letter-spacing:-.01em}
h2{margin:3rem 0 .6rem;padding-top:1.2rem;border-top:1px solid var(--line);font-size:1.3rem}
p{margin:.5rem 0;max-width:46rem}
a{color:var(--accent);text-decoration:none}
a:hover{text-decoration:underline}
code,pre{font:13px/1.5 ui-monospace,"SF Mono",Menlo,Consolas,monospace}
pre{margin:1rem 0;padding:.8rem 1rem;background:var(--soft);border:1px solid var(--line);border-radius:6px;white-space:pre-wrap;overflow-wrap:anywhere}
.lead{font-size:1.08rem;color:var(--muted)}
nav{margin:1.2rem 0 0}
nav a{display:inline-block;margin:0 1.1rem .3rem 0}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1.2rem;margin:1rem 0;font-size:.92rem}
dt{color:var(--muted)}
dd{margin:0;overflow-wrap:anywhere}
.scroll{overflow-x:auto;margin:1rem 0}
table{border-collapse:collapse;font-size:.88rem;font-variant-numeric:tabular-nums}
th,td{padding:.32rem .65rem;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap}
th{color:var(--muted);font-weight:600;vertical-align:bottom;white-space:normal}
th:first-child{padding-left:0}
th:first-child,.words{text-align:left}
tbody th{color:inherit;font-weight:400;white-space:nowrap}
tbody tr:hover{background:var(--soft)}
figure{margin:1.6rem 0 2rem}
figure svg{display:block;max-width:100%;height:auto}
figcaption{margin-top:.4rem;max-width:46rem;font-size:.9rem;color:var(--muted)}
details{margin-top:.4rem;font-size:.9rem}
summary{cursor:pointer;color:var(--accent)}
@media print{@page{margin:16mm}:root{color-scheme:light}body{max-width:none;padding:0;font-size:10.5pt}nav,details:not([open]){display:none}h2{margin-top:1.6rem;break-after:avoid}figure,tr,pre{break-inside:avoid}.scroll{overflow:visible}table{font-size:7pt}th,td{padding:.15rem .3rem}figure svg{max-height:20cm}}
${darkTheme('figure')}
`;
