import type { PathBuffer } from './path-buffer.ts';
import type { Position } from './position.ts';

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
