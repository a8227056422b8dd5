import type { Random } from '../random.ts';
import { uniformBetween, uniformPhase } from './draw.ts';
import type { Position } from './position.ts';

/** Where UEs are: a square around the BS, less a disc at its middle. */
export interface Area {
  readonly halfWidthM: number;
  /** UEs start at least so far from the BS, and path loss ends there for those that pass it closer. */
  readonly minDistanceM: number;
  /** Height of UEs above the BS's. */
  readonly heightM: number;
}

/** The way of one UE, as a function of the distance travelled. */
export interface Track {
  at(travelledM: number): Position;
}

/**
 * Starts a UE at a uniformly drawn place on a straight way, which is reflected at the borders of the area: places stay
 * uniform over the area, however long the way.
 */
export function createTrack({ halfWidthM, minDistanceM, heightM }: Area, random: Random): Track {
  let x: number;
  let y: number;
  do {
    x = uniformBetween(-halfWidthM, halfWidthM, random);
    y = uniformBetween(-halfWidthM, halfWidthM, random);
  } while (Math.hypot(x, y) < minDistanceM);
  const headingRad = uniformPhase(random);
  const cos = Math.cos(headingRad);
  const sin = Math.sin(headingRad);
  return {
    at: (travelledM) => ({
      x: reflected(x + travelledM * cos, halfWidthM),
      y: reflected(y + travelledM * sin, halfWidthM),
      z: heightM,
    }),
  };
}

/** Folds a coordinate back between two walls. */
function reflected(coordinate: number, halfWidthM: number): number {
  const period = 4 * halfWidthM;
  const along = (((coordinate + halfWidthM) % period) + period) % period;
  return (along <= 2 * halfWidthM ? along : period - along) - halfWidthM;
}
