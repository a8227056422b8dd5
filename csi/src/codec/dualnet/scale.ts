import type { Scale } from '../../csi.ts';
import { CsiError } from '../../errors.ts';

/** Grid of the norm on the wire: level 0 stands for `minDb`. */
export interface ScaleSpec {
  readonly minDb: number;
  readonly stepDb: number;
  /** Bits of a level, 1..16. */
  readonly bits: number;
}

/**
 * Quantises a norm to the nearest level of the grid.
 *
 * @throws CsiError `csi-invalid` where the norm is more than half a step beyond either end of the grid
 */
export function quantizeScale(norm: number, spec: ScaleSpec): Scale {
  if (!(norm >= 0)) throw new RangeError(`norm is ${norm}, must be at least 0`);
  const normDb = 20 * Math.log10(norm);
  const position = (normDb - spec.minDb) / spec.stepDb;
  const top = 2 ** spec.bits - 1;
  if (position < -0.5 || position > top + 0.5) {
    const grid = `${spec.minDb}..${spec.minDb + top * spec.stepDb} dB`;
    throw new CsiError('csi-invalid', `norm is ${normDb.toFixed(2)} dB, off the grid of ${grid}: scale the CSI`);
  }
  return { domain: 'scale', level: Math.min(Math.max(Math.round(position), 0), top) };
}

/**
 * The norm a level stands for, linear.
 *
 * @throws CsiError `payload-invalid` where the level is not on the grid.
 */
export function dequantizeScale(scale: Scale, spec: ScaleSpec): number {
  const { level } = scale;
  if (!Number.isInteger(level) || level < 0 || level >= 2 ** spec.bits) {
    throw new CsiError('payload-invalid', `scale level is ${level}, must be 0..${2 ** spec.bits - 1}`);
  }
  return 10 ** ((spec.minDb + level * spec.stepDb) / 20);
}
