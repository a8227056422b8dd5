import { type Random, uniformBetween, uniformPhase } from '../random.ts';
import type { PathBuffer } from './path-buffer.ts';

/** Carriers of the link. Both share geometry; what depends on frequency is drawn or computed for each. */
export interface Carriers {
  readonly downlinkCarrierHz: number;
  readonly uplinkCarrierHz: number;
}

/** One BS and its surroundings: what all its UEs share. */
export interface Environment {
  /** Places a UE. The same seed places the same UE. */
  startUe(seed: number): SimulatedUe;
}

/** A UE on its way. */
export interface SimulatedUe {
  /**
   * Writes the paths that the UE sees after some distance, which never falls from call to call.
   *
   * @returns where it is
   */
  pathsInto(out: PathBuffer, travelledM: number): Position;
}

/** A place, in metres, with the BS at the origin and its array along x. */
export interface Position {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

/** Distance in metres between two places. */
export function distanceBetween(a: Position, b: Position): number {
  const x = a.x - b.x;
  const y = a.y - b.y;
  const z = a.z - b.z;
  // Ten times as fast as Math.hypot, which guards against overflow.
  return Math.sqrt(x * x + y * y + z * z);
}

/** Distance in metres from the BS. */
export function distanceFromBs({ x, y, z }: Position): number {
  return Math.sqrt(x * x + y * y + z * z);
}

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
