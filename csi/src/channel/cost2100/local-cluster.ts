import type { Random } from '../../random.ts';
import { distanceBetween, type Position } from '../position.ts';
import { type Cluster, createLocalCluster, type Mpc, scatterer } from './cluster.ts';
import type { Cost2100Parameters } from './parameters.ts';

/** Way over which a scatterer that was left behind gives place to a new one, in radii of the cluster. */
const FADE_RADII = 0.25;

/** A component of the cluster around a UE, and the share of its amplitude that is there. */
interface FadedMpc {
  readonly mpc: Mpc;
  readonly amplitude: number;
}

/**
 * The cluster around a UE. Its scatterers stand still; one that the UE has left behind gives place to another near the
 * UE, gradually, the sum of their powers kept.
 */
export interface UeLocalCluster extends Pick<Cluster, 'shadowing'> {
  mpcsAt(place: Position, travelledM: number): Iterable<FadedMpc>;
}

interface Slot {
  current: Mpc;
  leaving?: Mpc;
  /** Way travelled when `leaving` began to. */
  sinceM: number;
}

export function createUeLocalCluster(parameters: Cost2100Parameters, place: Position, random: Random): UeLocalCluster {
  const { mpcs, shadowing, radiusM } = createLocalCluster(parameters, place, random);
  const slots: Slot[] = mpcs.map((current) => ({ current, sinceM: 0 }));
  const fadeM = FADE_RADII * radiusM;
  return {
    shadowing,
    *mpcsAt(now, travelledM) {
      for (const slot of slots) {
        if (distanceBetween(slot.current.msSide, now) > radiusM && travelledM > 0) {
          slot.leaving = slot.current;
          slot.current = { ...slot.current, ...nearby(now, radiusM, random) };
          slot.sinceM = travelledM;
        }
        const faded = slot.leaving === undefined ? 1 : (travelledM - slot.sinceM) / fadeM;
        if (slot.leaving !== undefined && faded < 1) {
          yield { mpc: slot.leaving, amplitude: Math.cos((faded * Math.PI) / 2) };
          yield { mpc: slot.current, amplitude: Math.sin((faded * Math.PI) / 2) };
        } else {
          delete slot.leaving;
          yield { mpc: slot.current, amplitude: 1 };
        }
      }
    },
  };
}

/** A scatterer within the radius, whose distribution is cut off there. */
function nearby(place: Position, radiusM: number, random: Random): Omit<Mpc, 'gainRe' | 'gainIm'> {
  for (;;) {
    const drawn = scatterer(place, radiusM, random);
    if (distanceBetween(drawn.msSide, place) <= radiusM) return drawn;
  }
}
