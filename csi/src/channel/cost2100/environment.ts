import { createRandom, deriveSeed } from '../../random.ts';
import type { Carriers, Environment } from '../environment.ts';
import type { Position } from '../position.ts';
import { createTrack } from '../track.ts';
import { type Cluster, createFarCluster, createLocalCluster } from './cluster.ts';
import { createUeLocalCluster } from './local-cluster.ts';
import type { Cost2100Parameters } from './parameters.ts';
import { createPathWriter } from './path-writer.ts';
import { createVisibilityRegions } from './visibility.ts';

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
