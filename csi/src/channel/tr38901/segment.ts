import { SPEED_OF_LIGHT_M_PER_S } from '../../transform/band-paths.ts';
import type { Carriers } from '../environment.ts';
import type { PathBuffer } from '../path-buffer.ts';
import { distanceBetween, distanceFromBs, type Position } from '../position.ts';
import type { RayCluster } from './clusters.ts';
import { withinTurn } from './rays.ts';

/** The clusters that a UE has over a stretch of its way. */
export interface Segment {
  /** Where the clusters were drawn. */
  readonly anchor: Position;
  readonly isLineOfSight: boolean;
  readonly clusters: readonly MovingCluster[];
}

/** A cluster and how far from the anchor its rays were last scattered. */
interface MovingCluster extends RayCluster {
  readonly scattererM: number;
}

/**
 * Gives clusters a geometry to move in: a cluster's last scatterer lies in the direction of arrival, where a path with
 * a single bounce would have the cluster's delay, but no nearer than the stretch is long.
 */
export function segmentOf(anchor: Position, clusters: readonly RayCluster[], lengthM: number): Segment {
  const directM = distanceFromBs(anchor);
  return {
    anchor,
    isLineOfSight: clusters.some((cluster) => cluster.isLineOfSight),
    clusters: clusters.map((cluster) => {
      const { arrival, excessDelayS } = cluster;
      const wayM = directM + excessDelayS * SPEED_OF_LIGHT_M_PER_S;
      const towardsBsM = -(anchor.x * arrival.x + anchor.y * arrival.y + anchor.z * arrival.z);
      const bounceM = (wayM ** 2 - directM ** 2) / (2 * (wayM - towardsBsM));
      return { ...cluster, scattererM: Number.isFinite(bounceM) ? Math.max(lengthM, bounceM) : lengthM };
    }),
  };
}

/** Gains of a segment's paths at one place, path loss and shadowing included. */
export interface SegmentGain {
  readonly amplitude: number;
  readonly uplinkRatio: number;
}

/**
 * Writes the paths at a place near the segment's anchor. Rays of a cluster share its delay, which follows its middle;
 * what the way of each differs by turns its phase in either band.
 */
export function segmentPathsInto(
  out: PathBuffer,
  { anchor, clusters }: Segment,
  place: Position,
  gain: SegmentGain,
  { downlinkCarrierHz, uplinkCarrierHz }: Carriers,
): void {
  const directM = distanceFromBs(anchor);
  const moved: Position = { x: place.x - anchor.x, y: place.y - anchor.y, z: place.z - anchor.z };
  for (const { arrival, scattererM, excessDelayS, amplitude, isLineOfSight, rays } of clusters) {
    const longerM = isLineOfSight ? distanceFromBs(place) - directM : lengthened(arrival, scattererM, moved);
    const delayNs = 1e9 * ((directM + longerM) / SPEED_OF_LIGHT_M_PER_S + excessDelayS);
    for (const ray of rays) {
      const differsM = isLineOfSight ? 0 : lengthened(ray.arrival, scattererM, moved) - longerM;
      const differsS = differsM / SPEED_OF_LIGHT_M_PER_S;
      const phaseRad = ray.downlinkPhaseRad - 2 * Math.PI * downlinkCarrierHz * differsS;
      const uplinkRad = ray.uplinkPhaseRad - 2 * Math.PI * uplinkCarrierHz * differsS;
      const rayGain = gain.amplitude * amplitude;
      out.add({
        azimuthRad: isLineOfSight ? Math.atan2(place.y, place.x) : ray.azimuthRad,
        elevationRad: isLineOfSight ? Math.atan2(place.z, Math.hypot(place.x, place.y)) : ray.elevationRad,
        delayNs,
        gainRe: rayGain * Math.cos(phaseRad),
        gainIm: rayGain * Math.sin(phaseRad),
        uplinkGainRatio: gain.uplinkRatio,
        uplinkPhaseRad: withinTurn(uplinkRad - phaseRad),
      });
    }
  }
}

/** What the way from a scatterer became longer by when the UE moved. */
function lengthened(arrival: Position, scattererM: number, moved: Position): number {
  const scatterer = { x: scattererM * arrival.x, y: scattererM * arrival.y, z: scattererM * arrival.z };
  return distanceBetween(scatterer, moved) - scattererM;
}
