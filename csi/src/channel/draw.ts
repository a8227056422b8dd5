import type { Random } from '../random.ts';

/** Draws from the exponential distribution of mean 1. */
export function exponential(random: Random): number {
  return -Math.log(1 - random.uniform());
}

/** Draws from the Poisson distribution by Knuth's product of uniforms; meant for means of a few. */
export function poisson(mean: number, random: Random): number {
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = random.uniform(); product > limit; product *= random.uniform()) count++;
  return count;
}

/** Draws uniformly from [min, max). */
export function uniformBetween(min: number, max: number, random: Random): number {
  return min + (max - min) * random.uniform();
}

/** Draws a phase, uniform over the circle, in radians. */
export function uniformPhase(random: Random): number {
  return uniformBetween(-Math.PI, Math.PI, random);
}
