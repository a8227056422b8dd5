/** A canvas at the screen's resolution, and the page's colours. */
export interface Plot {
  readonly context: CanvasRenderingContext2D;
  /** In CSS pixels. */
  readonly width: number;
  readonly height: number;
  /** Value of a custom property of the page's style, e.g. `--line`. */
  readonly colour: (property: string) => string;
}

/** Empties a canvas for drawing in CSS pixels; undefined where it is not on the screen. */
export function openPlot(canvas: HTMLCanvasElement): Plot | undefined {
  const { clientWidth: width, clientHeight: height } = canvas;
  const context = canvas.getContext('2d');
  if (context === null || width === 0 || height === 0) return undefined;
  const scale = devicePixelRatio;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.font = '11px system-ui, sans-serif';
  const style = getComputedStyle(canvas);
  return { context, width, height, colour: (property) => style.getPropertyValue(property) };
}
