import { openPlot } from './plot.ts';

/** Latest times that are kept. */
const capacity = 1024;
/** The axis: 10 us to 100 ms, logarithmic. */
const firstDecade = -2;
const lastDecade = 2;
const binsPerDecade = 12;
const numBins = (lastDecade - firstDecade) * binsPerDecade;
const axisHeight = 18;

/** Times of the latest reports, in milliseconds. */
export class LatencyHistogram {
  readonly #times: number[] = [];
  #next = 0;

  get count(): number {
    return this.#times.length;
  }

  add(ms: number): void {
    this.#times[this.#next] = ms;
    this.#next = (this.#next + 1) % capacity;
  }

  clear(): void {
    this.#times.length = 0;
    this.#next = 0;
  }

  /** The time that a fraction of the reports does not exceed, nearest rank; NaN where there is none. */
  quantile(fraction: number): number {
    const sorted = [...this.#times].sort((a, b) => a - b);
    return sorted[Math.max(0, Math.ceil(fraction * sorted.length) - 1)] ?? Number.NaN;
  }

  draw(canvas: HTMLCanvasElement): void {
    const plot = openPlot(canvas);
    if (plot === undefined) return;
    const { context, width, height, colour } = plot;
    const floor = height - axisHeight;
    const counts = new Uint32Array(numBins);
    for (const ms of this.#times) {
      const bin = binOf(ms);
      counts[bin] = (counts[bin] as number) + 1;
    }
    const most = Math.max(1, ...counts);
    const step = width / numBins;
    context.fillStyle = colour('--accent');
    counts.forEach((count, bin) => {
      const bar = (count / most) * (floor - 2);
      context.fillRect(bin * step, floor - bar, step - 1, bar);
    });
    context.fillStyle = colour('--line');
    context.fillRect(0, floor, width, 1);
    context.fillStyle = colour('--quiet');
    context.textBaseline = 'bottom';
    for (let decade = firstDecade; decade <= lastDecade; decade++) {
      const x = ((decade - firstDecade) / (lastDecade - firstDecade)) * width;
      context.textAlign = decade === firstDecade ? 'left' : decade === lastDecade ? 'right' : 'center';
      context.fillText(formatMs(10 ** decade), x, height);
    }
  }
}

/** A time with its unit, two digits or three. */
export function formatMs(ms: number): string {
  if (Number.isNaN(ms)) return '–';
  return ms < 1 ? `${Math.round(ms * 1000)} µs` : `${ms < 10 ? Number(ms.toFixed(2)) : Math.round(ms)} ms`;
}

function binOf(ms: number): number {
  const bin = Math.floor((Math.log10(Math.max(ms, 1e-9)) - firstDecade) * binsPerDecade);
  return Math.min(Math.max(bin, 0), numBins - 1);
}
