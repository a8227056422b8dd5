import type { Scheme, Setting } from '../schemes/scheme.ts';
import type { OperatingPoint } from './operating-points.ts';

/**
 * A scheme that takes a given mean number of bits by turning between two of its operating points: the last one that takes no
 * more, and the next. Reports alternate evenly, so that any stretch of them has about that mean.
 *
 * @param points - by rising bits, each more accurate than the one before
 * @returns `undefined` where every point takes more; the last point alone where every one takes less
 */
export function timeShared(
  scheme: Scheme,
  points: readonly Pick<OperatingPoint, 'setting' | 'bits'>[],
  bits: number,
): Scheme | undefined {
  const above = points.find((point) => point.bits > bits);
  const below = points.filter((point) => point.bits <= bits).at(-1);
  if (below === undefined) return undefined;
  const shareAbove = above === undefined ? 0 : (bits - below.bits) / (above.bits - below.bits);
  let reports = 0;
  return {
    name: scheme.name,
    family: scheme.family,
    settings: [{}],
    carry: async (samples, _, onReport) => {
      const isAbove = samples.map(() => {
        reports++;
        return Math.floor(reports * shareAbove) > Math.floor((reports - 1) * shareAbove);
      });
      const carry = async (setting: Setting, chosen: boolean) => {
        const indices = samples.flatMap((_, i) => (isAbove[i] === chosen ? [i] : []));
        const dealt = samples.filter((_, i) => isAbove[i] === chosen);
        await scheme.carry(dealt, setting, (i, size, estimate) => onReport(indices[i] as number, size, estimate));
      };
      await carry(below.setting, false);
      if (above !== undefined) await carry(above.setting, true);
    },
  };
}
