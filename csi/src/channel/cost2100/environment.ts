import { createRandom, deriveSeed } from '../../random.ts';
import { SPEED_OF_LIGHT_M_PER_S } from '../../transform/path-list.ts';
import {
  type Carriers,
  createTrack,
  distanceBetween,
  distanceFromBs,
  type Environment,
  type Position,
} from '../environment.ts';
import type { PathBuffer } from '../path-buffer.ts';
import { type Cluster, createFarCluster, createLocalCluster, createUeLocalCluster, type Mpc } from './cluster.ts';
import type { Cost2100Parameters } from './parameters.ts';
import { createVisibilityRegions, visibilityGain } from './visibility.ts';

/** Which stream of numbers a part of the environment is drawn from. */
const STREAM = { regions: 0, bsLocal: 1, lineOfSight: 2, farCluster: 3 } as const;

/**
 * An environment of the COST 2100 model (Liu et al., "The COST 2100 MIMO channel model", IEEE Wireless Communications
 * 19(6), 2012): far clusters with visibility regions, local clusters around BS and UEs, a line of sight where the
 * scenario has one. Uplink and downlink share every path; amplitudes differ by path loss and visibility, phases by the
 * carriers.
 *
 * Far clusters are drawn when a UE comes to see them, each from its own seed, so that an environment takes little memory
 * whatever its size.
 */
export function createCost2100Environment(
  parameters: Cost2100Parameters,
  carriers: Carriers,
  seed: number,
): Environment {
  const regions = createVisibilityRegions(parameters, createRandom(deriveSeed(seed, STREAM.regions)));
  const origin: Position = { x: 0, y: 0, z: 0 };
  const bsLocal = parameters.hasBsLocalCluster
    ? createLocalCluster(parameters, origin, createRandom(deriveSeed(seed, STREAM.bsLocal)))
    : undefined;
  const { lineOfSight } = parameters;
  const lineOfSightRatio =
    lineOfSight &&
    10 **
      ((lineOfSight.ratioDb + lineOfSight.deviationDb * createRandom(deriveSeed(seed, STREAM.lineOfSight)).gaussian()) /
        10);

  return {
    startUe(ueSeed) {
      const random = createRandom(ueSeed);
      const track = createTrack(parameters.area, random);
      const ueLocal = createUeLocalCluster(parameters, track.at(0), random);
      let far = new Map<number, Cluster>();
      return {
        pathsInto(out, travelledM) {
          const place = track.at(travelledM);
          const writer = createPathWriter(out, place, parameters, carriers);
          const before = far;
          far = new Map();
          for (const [index, distanceM] of regions.visibleFrom(place)) {
            const cluster =
              before.get(index) ??
              createFarCluster(
                parameters,
                regions.referenceOf(index),
                createRandom(deriveSeed(seed, STREAM.farCluster, index)),
              );
            far.set(index, cluster);
            writer.addFar(cluster, distanceM);
          }
          if (bsLocal !== undefined)
            for (const mpc of bsLocal.mpcs) writer.addMpc(mpc, Math.sqrt(bsLocal.shadowing), 1);
          const ueAmplitude = Math.sqrt(ueLocal.shadowing);
          for (const { mpc, amplitude } of ueLocal.mpcsAt(place, travelledM)) {
            writer.addMpc(mpc, ueAmplitude * amplitude, 1);
          }
          if (lineOfSightRatio !== undefined) writer.addLineOfSight(lineOfSightRatio);
          return place;
        },
      };
    },
  };
}

/** Writes the paths to a UE at one place. */
interface PathWriter {
  /** @param amplitude - of the downlink, beside path loss @param ratio - of uplink to downlink, beside path loss */
  addMpc(mpc: Mpc, amplitude: number, ratio: number): void;
  /** @param fromCentreM - distance to the centre of the visibility region */
  addFar(cluster: Cluster, fromCentreM: number): void;
  /** @param powerRatio - to the energy of all paths so far, in each band */
  addLineOfSight(powerRatio: number): void;
}

/** Starts to write what a UE sees at one place. */
function createPathWriter(
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
