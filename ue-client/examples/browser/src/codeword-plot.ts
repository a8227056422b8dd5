import { openPlot } from './plot.ts';

/**
 * Draws the components of a codeword as bars about zero.
 *
 * @param centred - quantised values in half steps at full rate, `[M]`
 * @param fullBits - bits of each component at full rate, `[M]`: what a full bar is
 */
export function drawCodeword(canvas: HTMLCanvasElement, centred: Int16Array, fullBits: Uint8Array): void {
  const plot = openPlot(canvas);
  if (plot === undefined) return;
  const { context, width, height, colour } = plot;
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
