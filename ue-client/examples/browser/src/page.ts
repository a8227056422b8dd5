// The page's elements, and its canvases at the screen's resolution.

/** The element of an id, of the class it has to be. @throws Error where the page has none: page and script do not fit */
export function element<E extends HTMLElement>(id: string, type: new () => E): E {
  const found = document.getElementById(id);
  if (found instanceof type) return found;
  throw new Error(`the page has no ${type.name} #${id}`);
}

/** Sets the text of an element where it has changed. */
export function setText(id: string, text: string): void {
  const found = element(id, HTMLElement);
  if (found.textContent !== text) found.textContent = text;
}

/** A canvas to draw on in CSS pixels, at the screen's resolution, and the page's colours. */
export interface Canvas {
  readonly context: CanvasRenderingContext2D;
  /** In CSS pixels. */
  readonly width: number;
  readonly height: number;
  /** Value of a custom property of the page's style, e.g. `--line`. */
  readonly colour: (property: string) => string;
}

/** Empties a canvas for drawing; undefined where it is not on the screen. */
export function openCanvas(canvas: HTMLCanvasElement): Canvas | undefined {
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
