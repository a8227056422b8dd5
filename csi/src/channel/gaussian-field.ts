import type { Random } from '../random.ts';
import { uniformPhase } from './draw.ts';

const NUM_WAVES = 64;

/** A normal random variable at every place of the plane, alike at places near each other. */
export type GaussianField = (place: { readonly x: number; readonly y: number }) => number;

/**
 * Draws a field of mean 0 and variance 1 whose correlation falls as exp(-distance / correlationM): a sum of plane waves,
 * their wave numbers drawn from the spectrum of that correlation.
 */
export function createGaussianField(correlationM: number, random: Random): GaussianField {
  const waves = Array.from({ length: NUM_WAVES }, () => {
    // In the plane the spectrum is (1 + (k D)^2)^-3/2; its distribution over |k| inverts in closed form.
    const wavenumber = Math.sqrt((1 - random.uniform()) ** -2 - 1) / correlationM;
    const direction = uniformPhase(random);
    return {
      kx: wavenumber * Math.cos(direction),
      ky: wavenumber * Math.sin(direction),
      phaseRad: uniformPhase(random),
    };
  });
  const amplitude = Math.sqrt(2 / NUM_WAVES);
  return ({ x, y }) => amplitude * waves.reduce((sum, w) => sum + Math.cos(w.kx * x + w.ky * y + w.phaseRad), 0);
}
