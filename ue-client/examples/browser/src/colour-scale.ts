/** Coefficients of a polynomial for viridis, red, green and blue, lowest power first; within 1/100 of the table. */
const viridis = [
  [0.2777273272, 0.105093043, -0.3308618287, -4.634230499, 6.2282699363, 4.7763849977, -5.4354558559],
  [0.0054073445, 1.4046135299, 0.2148475595, -5.7991009734, 14.1799333668, -13.7451453777, 4.6458526122],
  [0.3340998053, 1.3845901626, 0.095095163, -19.3324409563, 56.6905526007, -65.3530326334, 26.3124352496],
] as const;

const numColours = 256;
const colours = Uint32Array.from({ length: numColours }, (_, i) => packed(i / (numColours - 1)));

/** Opaque colour of a value in 0..1 as the bytes of ImageData, R first in memory: perceptually uniform, dark to bright. */
export function colourOf(value: number): number {
  const index = Math.round(Math.min(Math.max(value, 0), 1) * (numColours - 1));
  return colours[index] as number;
}

/** Fills a canvas with the scale, low to high. */
export function drawLegend(canvas: HTMLCanvasElement, numSteps = canvas.width): void {
  canvas.width = numSteps;
  canvas.height = 1;
  const context = canvas.getContext('2d');
  const image = new ImageData(numSteps, 1);
  const pixels = new Uint32Array(image.data.buffer);
  for (let x = 0; x < numSteps; x++) pixels[x] = colourOf(x / (numSteps - 1));
  context?.putImageData(image, 0, 0);
}

function packed(t: number): number {
  const [r, g, b] = viridis.map((coefficients) => {
    const value = coefficients.reduceRight((sum, coefficient) => sum * t + coefficient, 0);
    return Math.round(Math.min(Math.max(value, 0), 1) * 255);
  }) as [number, number, number];
  const [pixel] = new Uint32Array(Uint8Array.of(r, g, b, 255).buffer);
  return pixel as number;
}
