/** A line through measurements over time. */
export interface Growth {
  readonly perHour: number;
  /** Of `perHour`, as if the measurements were independent. */
  readonly standardError: number;
}

/** Least squares line. @param points - times in seconds; at least three of them, not all at one time */
export function fitGrowth(points: readonly { readonly atS: number; readonly value: number }[]): Growth {
  const n = points.length;
  if (n < 3) throw new RangeError(`a line is fitted to ${n} points, must be at least 3`);
  const mean = (pick: (point: (typeof points)[number]) => number) => points.reduce((sum, p) => sum + pick(p), 0) / n;
  const meanS = mean(({ atS }) => atS);
  const meanValue = mean(({ value }) => value);
  const spread = points.reduce((sum, { atS }) => sum + (atS - meanS) ** 2, 0);
  const slope = points.reduce((sum, { atS, value }) => sum + (atS - meanS) * (value - meanValue), 0) / spread;
  const residual = points.reduce((sum, { atS, value }) => sum + (value - meanValue - slope * (atS - meanS)) ** 2, 0);
  return { perHour: 3600 * slope, standardError: 3600 * Math.sqrt(residual / (n - 2) / spread) };
}
