import { createRandom, uniformBetween, uniformPhase } from '../../random.ts';
import { SPEED_OF_LIGHT_M_PER_S } from '../../transform/path-list.ts';
import { type Carriers, distanceFromBs, type Environment, type Position } from '../environment.ts';
import type { PathBuffer } from '../path-buffer.ts';
import type { CdlTable } from './cdl-tables.ts';
import { clusterRays, type PhaseModel, RAYS_PER_CLUSTER, type Ray, rayAt, unitVector, withinTurn } from './rays.ts';

/** Directions that UEs are spread over, to either side of the array's broadside, in degrees. */
const SECTOR_DEG = 60;
const MIN_DISTANCE_M = 10;
const MAX_DISTANCE_M = 100;

export interface CdlOptions {
  readonly delaySpreadS: number;
  readonly phases: PhaseModel;
}

interface CdlCluster {
  readonly delayNs: number;
  /** Of each ray; all clusters have energy 1 together. */
  readonly amplitude: number;
  readonly rays: readonly Ray[];
}

/**
 * A clustered delay line of TR 38.901, clause 7.7.1. Each UE has a place in a sector in front of the array, which turns
 * the table's departure angles towards it and gives its delays an origin; ray coupling, initial phases and heading are
 * its own. The model has no geometry to move in: as in the report, motion turns phases and leaves delays and powers.
 */
export function createCdlEnvironment(table: CdlTable, carriers: Carriers, options: CdlOptions): Environment {
  return {
    startUe(seed) {
      const random = createRandom(seed);
      const distanceM = uniformBetween(MIN_DISTANCE_M, MAX_DISTANCE_M, random);
      const directionDeg = 90 + uniformBetween(-SECTOR_DEG, SECTOR_DEG, random);
      const turnDeg = uniformBetween(-180, 180, random);
      const headingRad = uniformPhase(random);
      const ray = unitVector(directionDeg, 90);
      const place: Position = { x: distanceM * ray.x, y: distanceM * ray.y, z: 0 };
      const heading: Position = { x: Math.cos(headingRad), y: Math.sin(headingRad), z: 0 };
      const total = table.rows.reduce((sum, [, powerDb]) => sum + 10 ** (powerDb / 10), 0);
      const clusters = table.rows.map(([delay, powerDb, aod, aoa, zod, zoa], row): CdlCluster => {
        const centre = {
          departureAzimuth: directionDeg + aod,
          arrivalAzimuth: turnDeg + aoa,
          departureZenith: zod,
          arrivalZenith: zoa,
        };
        const spread = {
          departureAzimuth: table.departureAzimuthSpread,
          arrivalAzimuth: table.arrivalAzimuthSpread,
          departureZenith: table.departureZenithSpread,
          arrivalZenith: table.arrivalZenithSpread,
        };
        const isSingle = table.hasLineOfSight && row === 0;
        const power = 10 ** (powerDb / 10) / total;
        return {
          delayNs: 1e9 * (distanceFromBs(place) / SPEED_OF_LIGHT_M_PER_S + delay * options.delaySpreadS),
          amplitude: Math.sqrt(isSingle ? power : power / RAYS_PER_CLUSTER),
          rays: isSingle
            ? [rayAt(centre, options.phases, random)]
            : clusterRays(centre, spread, options.phases, random),
        };
      });
      return {
        pathsInto(out, travelledM) {
          for (const cluster of clusters) addCluster(out, cluster, heading, travelledM, carriers);
          return place;
        },
      };
    },
  };
}

function addCluster(
  out: PathBuffer,
  { delayNs, amplitude, rays }: CdlCluster,
  heading: Position,
  travelledM: number,
  { downlinkCarrierHz, uplinkCarrierHz }: Carriers,
): void {
  for (const { azimuthRad, elevationRad, arrival, downlinkPhaseRad, uplinkPhaseRad } of rays) {
    // What the way of the ray became shorter by.
    const nearerS = ((arrival.x * heading.x + arrival.y * heading.y) * travelledM) / SPEED_OF_LIGHT_M_PER_S;
    const phaseRad = downlinkPhaseRad + 2 * Math.PI * downlinkCarrierHz * nearerS;
    const uplinkRad = uplinkPhaseRad + 2 * Math.PI * uplinkCarrierHz * nearerS;
    out.add({
      azimuthRad,
      elevationRad,
      delayNs,
      gainRe: amplitude * Math.cos(phaseRad),
      gainIm: amplitude * Math.sin(phaseRad),
      uplinkGainRatio: 1,
      uplinkPhaseRad: withinTurn(uplinkRad - phaseRad),
    });
  }
}
