/** One heat map of a figure. */
export interface HeatMap {
  readonly label: string;
  readonly height: number;
  readonly width: number;
  /** Row-major, of each sample; NaN where there is nothing. */
  readonly values: readonly Float32Array[];
}

/** Heat maps that share one colour scale over all maps and samples. */
export interface Figure {
  /** Fit for a file name. */
  readonly id: string;
  /** What it is a part of: input, encoder, decoder, output. */
  readonly section: string;
  readonly title: string;
  readonly caption: string;
  /** Names of a map's rows and columns. */
  readonly axes: readonly [string, string];
  readonly maps: readonly HeatMap[];
}

/** Range of a figure's colours. */
export interface ColourScale {
  readonly min: number;
  readonly max: number;
  /** Whether there are values of either sign: 0 is in the middle then. */
  readonly diverging: boolean;
}

/** The one colour scale of all maps and samples of a figure. */
export function scaleOf({ maps }: Figure): ColourScale {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const { values } of maps) {
    for (const sample of values) {
      for (const value of sample) {
        if (value < min) min = value;
        if (value > max) max = value;
      }
    }
  }
  if (!Number.isFinite(min) || !Number.isFinite(max)) return { min: 0, max: 1, diverging: false };
  const reach = Math.max(-min, max);
  if (min < 0 && max > 0) return { min: -reach, max: reach, diverging: true };
  return { min, max: max > min ? max : min + 1, diverging: false };
}
