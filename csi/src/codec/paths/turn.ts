import { ARC, COSINE, SINE } from './constants.ts';

/**
 * Sines, cosines and logarithms out of additions and multiplications alone, so that they have the same bits in every
 * language and on every machine: `Math.sin` and its like do not. Doubles make tables, float32 runs in the encoder.
 */
const { fround } = Math;

const [s0, s1, s2, s3, s4, s5, s6] = SINE as [number, number, number, number, number, number, number];
const [a0, a1, a2, a3, a4, a5] = ARC as [number, number, number, number, number, number];
const [c0, c1, c2, c3, c4, c5, c6] = COSINE as [number, number, number, number, number, number, number];

/** sin(pi x) in float32, to 2e-7. @param x - at most 1/2 in magnitude */
export function sineOfHalfTurns(x: number): number {
  const y = fround(x * x);
  let sum = fround(fround(s6 * y) + s5);
  sum = fround(fround(sum * y) + s4);
  sum = fround(fround(sum * y) + s3);
  sum = fround(fround(sum * y) + s2);
  sum = fround(fround(sum * y) + s1);
  sum = fround(fround(sum * y) + s0);
  return fround(sum * x);
}

/** cos(pi x) in float32, to 2e-7. @param x - at most 1/2 in magnitude */
export function cosineOfHalfTurns(x: number): number {
  const y = fround(x * x);
  let sum = fround(fround(c6 * y) + c5);
  sum = fround(fround(sum * y) + c4);
  sum = fround(fround(sum * y) + c3);
  sum = fround(fround(sum * y) + c2);
  sum = fround(fround(sum * y) + c1);
  return fround(fround(sum * y) + c0);
}

/** atan(x) / 2 pi for 0 <= x <= 1, in float32, to 2e-6. */
function arcOfRatio(x: number): number {
  const y = fround(x * x);
  let sum = a5;
  sum = fround(fround(sum * y) + a4);
  sum = fround(fround(sum * y) + a3);
  sum = fround(fround(sum * y) + a2);
  sum = fround(fround(sum * y) + a1);
  return fround(fround(fround(sum * y) + a0) * x);
}

/** The angle of re + j im as a share of a turn, in [0, 1), float32; 0 for 0. */
export function turnOf(re: number, im: number): number {
  const x = Math.abs(re);
  const y = Math.abs(im);
  if (x === 0 && y === 0) return 0;
  let turn = x >= y ? arcOfRatio(fround(y / x)) : fround(fround(0.25) - arcOfRatio(fround(x / y)));
  if (re < 0) turn = fround(fround(0.5) - turn);
  if (im < 0) turn = fround(1 - turn);
  return turn >= 1 ? 0 : turn;
}

/** cos(2 pi index / count) in float32. @param index - 0 .. count - 1 */
export function cosineOfPart(index: number, count: number): number {
  // Half turns from 0 to 2; folded to 0 .. 1, and to -1/2 .. 1/2 for the series.
  const twice = 2 * index;
  const folded = twice <= count ? twice : 2 * count - twice;
  const far = 2 * folded > count;
  const x = fround((far ? count - folded : folded) / count);
  const cosine = cosineOfHalfTurns(x);
  return far ? -cosine : cosine;
}

/** sin(2 pi index / count) in float32. @param index - 0 .. count - 1 */
export function sineOfPart(index: number, count: number): number {
  const twice = 2 * index;
  const folded = twice <= count ? twice : 2 * count - twice;
  const near = 2 * folded <= count ? folded : count - folded;
  const sine = sineOfHalfTurns(fround(near / count));
  return twice <= count ? sine : -sine;
}

/** sin(pi x) in double, to 1e-15, for tables. */
export function exactSine(x: number): number {
  const folded = x - 2 * Math.round(x / 2);
  const near = folded > 0.5 ? 1 - folded : folded < -0.5 ? -1 - folded : folded;
  const angle = Math.PI * near;
  let term = angle;
  let sum = angle;
  for (let k = 2; k <= 24; k += 2) {
    term = (-term * angle * angle) / (k * (k + 1));
    sum += term;
  }
  return sum;
}

/** cos(pi x) in double, to 1e-15, for tables. */
export function exactCosine(x: number): number {
  return exactSine(x + 0.5);
}

/** log2 in double, to 1e-14, for tables. @param x - positive and finite */
export function exactLog2(x: number): number {
  let exponent = 0;
  let mantissa = x;
  while (mantissa >= 2) {
    mantissa /= 2;
    exponent++;
  }
  while (mantissa < 1) {
    mantissa *= 2;
    exponent--;
  }
  // ln m = 2 artanh((m - 1) / (m + 1)), whose argument is at most 1/3.
  const ratio = (mantissa - 1) / (mantissa + 1);
  let power = ratio;
  let sum = 0;
  for (let k = 1; k < 40; k += 2) {
    sum += power / k;
    power *= ratio * ratio;
  }
  return exponent + (2 * sum) / Math.LN2;
}

/** 10^(decibels / 10) in double, to 1e-15. @param decibels - finite */
export function exactRatio(decibels: number): number {
  const octaves = (decibels * Math.LN10) / (10 * Math.LN2);
  const whole = Math.round(octaves);
  const x = (octaves - whole) * Math.LN2;
  let term = 1;
  let sum = 1;
  for (let k = 1; k < 20; k++) {
    term = (term * x) / k;
    sum += term;
  }
  return sum * 2 ** whole;
}
