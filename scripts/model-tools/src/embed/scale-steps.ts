import type { ScaleSpec } from '@edge-csi/csi';

/** A positive number mantissa 2^exponent, mantissa in 2^31 .. 2^32 - 1. */
export interface WideNumber {
  readonly mantissa: number;
  readonly exponent: number;
}

/** The square of the norm half a level below level 0, then the factors of it that 2^k levels are, k from 0. */
export function scaleSteps({ minDb, stepDb, bits }: ScaleSpec): { floor: WideNumber; steps: readonly WideNumber[] } {
  const power = (db: number) => wideNumber(10 ** (db / 10));
  return {
    floor: power(minDb - stepDb / 2),
    steps: Array.from({ length: bits }, (_, k) => power(stepDb * 2 ** k)),
  };
}

function wideNumber(value: number): WideNumber {
  const exponent = Math.floor(Math.log2(value)) - 31;
  const mantissa = Math.round(value * 2 ** -exponent);
  if (mantissa >= 2 ** 32) return { mantissa: 2 ** 31, exponent: exponent + 1 };
  if (mantissa < 2 ** 31) return { mantissa: 2 * mantissa, exponent: exponent - 1 };
  return { mantissa, exponent };
}
