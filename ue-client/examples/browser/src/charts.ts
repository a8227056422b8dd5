// Charts of one report and of the latest ones: codeword, payload, encode times.
import type { PayloadBits } from '@edge-csi/ue-client';
import { openCanvas } from './page.ts';

/**
 * Draws the components of a codeword as bars about zero.
 *
 * @param centred - quantised values in half steps at full rate, `[M]`
 * @param fullBits - bits of each component at full rate, `[M]`: what a full bar is
 */
export function drawCodeword(canvas: HTMLCanvasElement, centred: Int16Array, fullBits: Uint8Array): void {
  const drawing = openCanvas(canvas);
  if (drawing === undefined) return;
  const { context, width, height, colour } = drawing;
  const middle = height / 2;
  const step = width / centred.length;
  const limit = 2 ** Math.max(...fullBits);
  context.fillStyle = colour('--codeword');
  centred.forEach((value, i) => {
    // The square root keeps the small components, which are most of them, in sight.
    const bar = Math.sign(value) * Math.sqrt(Math.abs(value) / limit) * (middle - 4);
    context.fillRect(i * step, middle - Math.max(bar, 0), Math.max(1, step - (step > 3 ? 1 : 0)), Math.abs(bar));
  });
  context.fillStyle = colour('--quiet');
  context.fillRect(0, middle - 0.25, width, 0.5);
}

/** Draws the parts of one payload as one bar. */
export function drawPayload(canvas: HTMLCanvasElement, bits: PayloadBits): void {
  const drawing = openCanvas(canvas);
  if (drawing === undefined) return;
  const { context, width, height, colour } = drawing;
  let x = 0;
  for (const part of ['codeword', 'scale', 'phase'] as const) {
    const length = ((bits[part] ?? 0) / bits.total) * width;
    context.fillStyle = colour(`--${part}`);
    context.fillRect(x, 0, length, height);
    x += length;
  }
}

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
    const drawing = openCanvas(canvas);
    if (drawing === undefined) return;
    const { context, width, height, colour } = drawing;
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
