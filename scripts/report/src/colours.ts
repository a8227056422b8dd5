/** A colour of the light theme, and what takes its place in the dark one. */
interface Tone {
  readonly light: string;
  readonly dark: string;
}

export const ground = { light: '#ffffff', dark: '#14171c' } as const satisfies Tone;
export const ink = { light: '#1f2328', dark: '#e3e6ea' } as const satisfies Tone;
export const muted = { light: '#59606a', dark: '#9aa3ad' } as const satisfies Tone;
export const grid = { light: '#e2e5e9', dark: '#2b3038' } as const satisfies Tone;

/** Told apart by lightness alone, for series that have an order (after viridis, without what fades on the ground). */
export const ordered = [
  { light: '#440154', dark: '#8f7fe0' },
  { light: '#46327e', dark: '#7a8fe8' },
  { light: '#365c8d', dark: '#5fa3e6' },
  { light: '#277f8e', dark: '#3fb5c9' },
  { light: '#1fa187', dark: '#3ec5a3' },
  { light: '#4ab86d', dark: '#6fd47f' },
  { light: '#86b83a', dark: '#b3dd58' },
  { light: '#a8b820', dark: '#f0e442' },
] as const satisfies readonly Tone[];

/** Okabe and Ito's colour-blind-safe palette, without its yellow, which fades on white; black is the ink. */
export const categories = [
  { light: '#0072b2', dark: '#4ba6e0' },
  { light: '#d55e00', dark: '#ff8533' },
  { light: '#009e73', dark: '#2fc998' },
  { light: '#cc79a7', dark: '#e09cc3' },
  { light: '#e69f00', dark: '#f2b52e' },
  { light: '#56b4e9', dark: '#8fd0f5' },
] as const satisfies readonly Tone[];

/** Of those, the ones far from every colour of the ordered ramp. */
export const contrasting = [categories[1], categories[4], ink, categories[3]] as const satisfies readonly Tone[];

const tones: readonly Tone[] = [ground, ink, muted, grid, ...ordered, ...categories];

/**
 * Style rules that put a figure into the dark theme of a screen. Figures name the light colours themselves, so that they
 * look right where no style sheet is read.
 *
 * @param within - selector of what holds the figures, empty for the whole document
 */
export function darkTheme(within = ''): string {
  const rules = tones.flatMap(({ light, dark }) =>
    (['fill', 'stroke'] as const).map((paint) => `${within} [${paint}="${light}"]{${paint}:${dark}}`.trim()),
  );
  return `@media screen and (prefers-color-scheme:dark){${rules.join('')}}`;
}

/** Colours from low to high: viridis for values of one sign, ColorBrewer's RdBu around 0 for values of both. */
export const colourMaps = {
  sequential: ['#440154', '#472d7b', '#3b528b', '#2c728e', '#21918c', '#28ae80', '#5ec962', '#addc30', '#fde725'],
  diverging: ['#2166ac', '#4393c3', '#92c5de', '#d1e5f0', '#f7f7f7', '#fddbc7', '#f4a582', '#d6604d', '#b2182b'],
} as const;

/** `count` colours as RGB bytes, evenly spaced along a map. */
export function palette(stops: readonly string[], count: number): Uint8Array {
  const rgb = stops.map((stop) => [1, 3, 5].map((at) => Number.parseInt(stop.slice(at, at + 2), 16)));
  const out = new Uint8Array(3 * count);
  for (let i = 0; i < count; i++) {
    const position = (i / Math.max(1, count - 1)) * (rgb.length - 1);
    const low = Math.min(rgb.length - 2, Math.floor(position));
    for (let channel = 0; channel < 3; channel++) {
      const from = rgb[low]?.[channel] as number;
      const to = rgb[low + 1]?.[channel] as number;
      out[3 * i + channel] = Math.round(from + (position - low) * (to - from));
    }
  }
  return out;
}
