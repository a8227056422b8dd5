import { exactRatio } from './turn.ts';

const { fround } = Math;

/** Bits a report may be held to. */
export const pathCapBits = { least: 40, most: 2000 } as const;

/**
 * How long reports are. `cap`: the least error of at most `maxBits`. `quality`: the least of error + price x bits, or the
 * fewest bits of a target, and never more than `maxBits`: simple channels end early, rich ones get more, and at one mean
 * length the mean error is 2 dB below a cap's.
 */
export type PathRate = NoiseHint &
  (
    | { readonly mode: 'cap'; readonly maxBits: number }
    | {
        readonly mode: 'quality';
        /** Squared error a bit has to save, relative to the energy of the matrix: 1e-3 is about 100 bits indoors. */
        readonly bitPrice: number;
        /** 40 to 2,000; 2,000 unless told. */
        readonly maxBits?: number;
      }
    | { readonly mode: 'quality'; readonly targetNmseDb: number; readonly maxBits?: number }
  );

interface NoiseHint {
  /**
   * Variance of the noise of an entry, in the matrix's scale: nothing below it is reported. 0 for none. Where it is
   * left out it is estimated from what paths leave over; a matrix of fewer than 64 entries is taken to have none.
   */
  readonly noiseVariance?: number;
}

/** A rate as the search takes it, in TypeScript and elsewhere: float32, nothing to be worked out. */
export interface PathRateNumbers {
  readonly maxBits: number;
  /** Of a bit; 0 for none. */
  readonly price: number;
  /** Squared error relative to the energy of the matrix; 0 for none. With no price either the rate is a cap. */
  readonly target: number;
  /** Variance of an entry; -1 where it is to be estimated. */
  readonly noise: number;
}

/** @throws RangeError naming what is out of range. */
export function pathRateNumbers(rate: PathRate): PathRateNumbers {
  const { maxBits = pathCapBits.most, noiseVariance } = rate;
  const { least, most } = pathCapBits;
  if (!(maxBits >= least && maxBits <= most))
    throw new RangeError(`maxBits is ${maxBits}, must be ${least} to ${most}`);
  const noise = noiseVariance === undefined ? -1 : fround(noiseVariance);
  if (noiseVariance !== undefined && !(noise >= 0 && noise < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`noiseVariance is ${noiseVariance}, must be at least 0`);
  }
  const numbers = { maxBits: Math.floor(maxBits), price: 0, target: 0, noise };
  if (rate.mode === 'cap') return numbers;
  if ('bitPrice' in rate) {
    const price = fround(rate.bitPrice);
    if (!(price > 0 && price <= 1)) throw new RangeError(`bitPrice is ${rate.bitPrice}, must be in (0, 1]`);
    return { ...numbers, price };
  }
  if (!(rate.targetNmseDb >= -60 && rate.targetNmseDb <= 0)) {
    throw new RangeError(`targetNmseDb is ${rate.targetNmseDb}, must be -60 to 0`);
  }
  return { ...numbers, target: fround(exactRatio(rate.targetNmseDb)) };
}
