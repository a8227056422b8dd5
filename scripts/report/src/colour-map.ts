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
