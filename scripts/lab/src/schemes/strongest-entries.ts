/** Strongest entries of one sample, most amplitude first. */
export interface StrongestEntries {
  /** `[count]` */
  readonly positions: Uint16Array;
  /** Amplitude relative to the strongest, `[count]`. */
  readonly relative: Float32Array;
  /** Amplitude of the strongest. */
  readonly peak: number;
}

/** Finds the `count` strongest entries of a magnitude. */
export function strongestEntries(magnitude: Float32Array, count: number): StrongestEntries {
  const order = Uint16Array.from(magnitude.keys()).sort((a, b) => (magnitude[b] as number) - (magnitude[a] as number));
  const positions = order.slice(0, count);
  const peak = magnitude[positions[0] as number] as number;
  const relative = Float32Array.from(positions, (position) => (magnitude[position] as number) / peak);
  return { positions, relative, peak };
}
