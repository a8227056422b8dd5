import type { PayloadBits } from '@edge-csi/ue-client';
import { openPlot } from './plot.ts';

/** Draws the parts of one payload as one bar. */
export function drawPayload(canvas: HTMLCanvasElement, bits: PayloadBits): void {
  const plot = openPlot(canvas);
  if (plot === undefined) return;
  const { context, width, height, colour } = plot;
  let x = 0;
  for (const part of ['codeword', 'scale', 'phase'] as const) {
    const length = (bits[part] / bits.total) * width;
    context.fillStyle = colour(`--${part}`);
    context.fillRect(x, 0, length, height);
    x += length;
  }
}
