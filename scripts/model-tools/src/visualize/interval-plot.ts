import { escapeMarkup } from '@edge-csi/report/markup';
import type { Reciprocity } from './reciprocity.ts';

const width = 620;
const left = 96;
const right = 24;
const top = 58;
const rowHeight = 40;
const bottom = 48;
const ticks = [-1, -0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75, 1];

/** Draws means with their 75 and 95 % intervals, a row each, as an SVG document on white. */
export function renderReciprocityPlot(rows: readonly Reciprocity[], subtitle: string): string {
  const lowest = Math.min(...rows.map(({ interval95 }) => interval95[0]));
  const from = ticks.findLast((tick) => tick <= lowest) ?? -1;
  const place = (value: number) => (left + ((value - from) / (1 - from)) * (width - left - right)).toFixed(1);
  const height = top + rows.length * rowHeight + bottom;
  const axis = top + rows.length * rowHeight;
  const grid = ticks
    .filter((tick) => tick >= from)
    .map(
      (tick) =>
        `<line x1="${place(tick)}" x2="${place(tick)}" y1="${top}" y2="${axis}" class="grid"/>` +
        `<text x="${place(tick)}" y="${axis + 18}" text-anchor="middle">${tick}</text>`,
    );
  const bars = rows.map(({ quantity, mean, interval75, interval95 }, i) => {
    const y = top + (i + 0.5) * rowHeight;
    const line = ([low, high]: readonly [number, number], style: string) =>
      `<line x1="${place(low)}" x2="${place(high)}" y1="${y}" y2="${y}" class="${style}"/>`;
    return (
      `<text x="${left - 12}" y="${y + 4}" text-anchor="end">${quantity}</text>` +
      `${line(interval95, 'outer')}${line(interval75, 'inner')}<circle cx="${place(mean)}" cy="${y}" r="4.5" class="mean"/>`
    );
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">
<style>text{font:12px Helvetica,Arial,sans-serif;fill:#1a1c20}.title{font-size:15px;font-weight:bold}.soft{fill:#555}.grid{stroke:#e4e4e4}.outer{stroke:#414487;stroke-width:2}.inner{stroke:#414487;stroke-width:9;stroke-opacity:.45}.mean{fill:#d55e00}</style>
<rect width="100%" height="100%" fill="white"/>
<text x="16" y="24" class="title">Correlation of uplink and downlink</text>
<text x="16" y="42" class="soft">${escapeMarkup(subtitle)}</text>
${grid.join('\n')}
${bars.join('\n')}
<text x="${(left + width - right) / 2}" y="${axis + 38}" text-anchor="middle">correlation over the entries of a sample: mean, 75 % of samples (thick), 95 % (thin)</text>
</svg>
`;
}
