import { SPEED_OF_LIGHT_M_PER_S } from '../../transform/band-paths.ts';
import type { Carriers } from '../environment.ts';
import type { PathBuffer } from '../path-buffer.ts';
import { distanceBetween, distanceFromBs, type Position } from '../position.ts';
import type { Cluster, Mpc } from './cluster.ts';
import type { Cost2100Parameters } from './parameters.ts';
import { visibilityGain } from './visibility.ts';

/** Writes the paths to a UE at one place. */
export interface PathWriter {
  /** @param amplitude - of the downlink, beside path loss @param ratio - of uplink to downlink, beside path loss */
  addMpc(mpc: Mpc, amplitude: number, ratio: number): void;
  /** @param fromCentreM - distance to the centre of the visibility region */
  addFar(cluster: Cluster, fromCentreM: number): void;
  /** @param powerRatio - to the energy of all paths so far, in each band */
  addLineOfSight(powerRatio: number): void;
}

/** Starts to write what a UE sees at one place. */
export function createPathWriter(
  out: PathBuffer,
  place: Position,
  parameters: Cost2100Parameters,
  { downlinkCarrierHz, uplinkCarrierHz }: Carriers,
): PathWriter {
  const distanceM = distanceFromBs(place);
  const downlinkWavelengthM = SPEED_OF_LIGHT_M_PER_S / downlinkCarrierHz;
  const uplinkWavelengthM = SPEED_OF_LIGHT_M_PER_S / uplinkCarrierHz;
  // Free-space amplitude, and its ratio between the bands.
  const loss = downlinkWavelengthM / (4 * Math.PI * Math.max(distanceM, parameters.area.minDistanceM));
  const lossRatio = uplinkWavelengthM / downlinkWavelengthM;

  const addMpc: PathWriter['addMpc'] = (mpc, amplitude, ratio) => {
    const gain = loss * amplitude;
    out.add({
      azimuthRad: mpc.azimuthRad,
      elevationRad: mpc.elevationRad,
      delayNs: ((mpc.bsLegM + distanceBetween(mpc.msSide, place)) / SPEED_OF_LIGHT_M_PER_S) * 1e9,
      gainRe: gain * mpc.gainRe,
      gainIm: gain * mpc.gainIm,
      uplinkGainRatio: lossRatio * ratio,
      uplinkPhaseRad: 0,
    });
  };
  return {
    addMpc,
    addFar(cluster, fromCentreM) {
      const wayM = cluster.bsLegM + distanceBetween(cluster.msSide, place);
      const excessUs = ((wayM - distanceM) / SPEED_OF_LIGHT_M_PER_S) * 1e6;
      const endUs = parameters.decayEndUs - (distanceM / SPEED_OF_LIGHT_M_PER_S) * 1e6;
      const decay = Math.exp(-parameters.decayPerUs * Math.min(excessUs, endUs));
      const visible = visibilityGain(parameters, fromCentreM, downlinkWavelengthM);
      const ratio = visibilityGain(parameters, fromCentreM, uplinkWavelengthM) / visible;
      const amplitude = visible * Math.sqrt(decay * cluster.shadowing);
      for (const mpc of cluster.mpcs) addMpc(mpc, amplitude, ratio);
    },
    addLineOfSight(powerRatio) {
      const { downlinkEnergy, uplinkEnergy } = out;
      out.add({
        azimuthRad: Math.atan2(place.y, place.x),
        elevationRad: Math.atan2(place.z, Math.hypot(place.x, place.y)),
        delayNs: (distanceM / SPEED_OF_LIGHT_M_PER_S) * 1e9,
        gainRe: Math.sqrt(powerRatio * downlinkEnergy),
        gainIm: 0,
        uplinkGainRatio: Math.sqrt(uplinkEnergy / downlinkEnergy),
        uplinkPhaseRad: 0,
      });
    },
  };
}
