import type { AngularDelayCsi } from '@edge-csi/csi';
import { escapeMarkup } from '@edge-csi/report';

/** How alike uplink and downlink are in one respect, over samples. */
export interface Reciprocity {
  readonly quantity: string;
  readonly mean: number;
  /** Central share of the samples between two quantiles. */
  readonly interval75: readonly [number, number];
  readonly interval95: readonly [number, number];
}

/** Correlation of two vectors of values of one sample. */
type Correlate = (downlink: Float64Array, uplink: Float64Array) => number;

/** What is compared: a view of a complex matrix, and how. */
const quantities: readonly {
  readonly name: string;
  readonly view: (csi: AngularDelayCsi) => Float64Array;
  readonly correlate: Correlate;
}[] = [
  { name: 'magnitude', view: (csi) => perEntry(csi, Math.hypot), correlate: pearson },
  { name: '|Re|, |Im|', view: ({ values }) => Float64Array.from(values, Math.abs), correlate: pearson },
  { name: 'complex', view: ({ values }) => Float64Array.from(values), correlate: cosine },
  { name: 'phase', view: (csi) => perEntry(csi, (re, im) => Math.atan2(im, re)), correlate: meanCosine },
  { name: 'sign', view: ({ values }) => Float64Array.from(values, Math.sign), correlate: cosine },
];

/** Correlation of uplink and downlink of each sample over all entries of the angular-delay matrix, in five respects. */
export class ReciprocityMeter {
  readonly #values: number[][] = quantities.map(() => []);

  add({ downlink, uplink }: Readonly<Record<'downlink' | 'uplink', AngularDelayCsi>>): void {
    for (const [i, { view, correlate }] of quantities.entries()) {
      this.#values[i]?.push(correlate(view(downlink), view(uplink)));
    }
  }

  /** @throws RangeError where no sample was added. */
  result(): Reciprocity[] {
    return quantities.map(({ name }, i) => {
      const sorted = Float64Array.from(this.#values[i] as number[]).sort();
      if (sorted.length === 0) throw new RangeError('no samples were added');
      return {
        quantity: name,
        mean: sorted.reduce((sum, value) => sum + value, 0) / sorted.length,
        interval75: [quantile(sorted, 0.125), quantile(sorted, 0.875)],
        interval95: [quantile(sorted, 0.025), quantile(sorted, 0.975)],
      };
    });
  }
}

/** Linear between order statistics. */
function quantile(sorted: Float64Array, share: number): number {
  const position = share * (sorted.length - 1);
  const low = Math.floor(position);
  const from = sorted[low] as number;
  const to = sorted[Math.min(low + 1, sorted.length - 1)] as number;
  return from + (position - low) * (to - from);
}

function perEntry({ values }: AngularDelayCsi, of: (re: number, im: number) => number): Float64Array {
  const numEntries = values.length / 2;
  return Float64Array.from({ length: numEntries }, (_, i) => of(values[i] as number, values[numEntries + i] as number));
}

function pearson(a: Float64Array, b: Float64Array): number {
  return cosine(centred(a), centred(b));
}

function centred(values: Float64Array): Float64Array {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.map((value) => value - mean);
}

/** 0 where either is all zero: then nothing is shared. */
function cosine(a: Float64Array, b: Float64Array): number {
  let product = 0;
  let energyA = 0;
  let energyB = 0;
  for (const [i, value] of a.entries()) {
    const other = b[i] as number;
    product += value * other;
    energyA += value * value;
    energyB += other * other;
  }
  const scale = Math.sqrt(energyA * energyB);
  return scale === 0 ? 0 : product / scale;
}

/** 1 for equal phases, 0 for unrelated ones; a turn more or less does not count. */
function meanCosine(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, phase, i) => sum + Math.cos(phase - (b[i] as number)), 0) / a.length;
}

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
