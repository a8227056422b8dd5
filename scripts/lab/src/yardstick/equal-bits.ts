import { paretoFront, type RatePoint } from '../schemes/scheme.ts';

/** Figures that schemes are compared by at equal bits. */
export type ComparedFigure = 'subbandSgcs' | 'nmseDb';

/**
 * A scheme's figure at a mean number of bits: of its best points, the neighbours below and above take turns, so that bits, SGCS and squared
 * error are in between. A scheme whose reports are all shorter is at its best: noise, say, leaves it no more to tell.
 *
 * @param points - of one scheme, or of several that one may choose from
 * @returns `undefined` where all points take more bits, or none has the figure
 */
export function figureAt(points: readonly RatePoint[], bits: number, figure: ComparedFigure): number | undefined {
  const front = bestPoints(points, figure);
  const above = front.find((point) => point.bits >= bits);
  const below = front.filter((point) => point.bits <= bits).at(-1);
  if (below === undefined) return undefined;
  if (above === undefined) return below.value;
  const share = above.bits > below.bits ? (bits - below.bits) / (above.bits - below.bits) : 0;
  const between = (of: (value: number) => number) => of(below.value) + share * (of(above.value) - of(below.value));
  if (figure === 'subbandSgcs') return between((value) => value);
  return 10 * Math.log10(between((value) => 10 ** (value / 10)));
}

/** The points that no other beats in both bits and a figure, by rising bits. */
export function bestPoints(
  points: readonly RatePoint[],
  figure: ComparedFigure,
): { readonly bits: number; readonly value: number }[] {
  const found = points.flatMap((point) => {
    const value = point[figure];
    return value === undefined ? [] : [{ bits: point.bits, value }];
  });
  return paretoFront(found, ({ value }) => (figure === 'subbandSgcs' ? -value : value));
}
