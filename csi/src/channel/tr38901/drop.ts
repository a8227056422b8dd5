import { createRandom, deriveSeed, type Random } from '../../random.ts';
import { SPEED_OF_LIGHT_M_PER_S } from '../../transform/path-list.ts';
import { cholesky, correlate, createGaussianField, type GaussianField } from '../correlation.ts';
import {
  type Carriers,
  createTrack,
  distanceBetween,
  distanceFromBs,
  type Environment,
  type Position,
} from '../environment.ts';
import type { PathBuffer } from '../path-buffer.ts';
import { drawClusters, type RayCluster } from './clusters.ts';
import { type LargeScale, largeScaleOf, type ScenarioState } from './large-scale.ts';
import { type PhaseModel, withinTurn } from './rays.ts';
import type { DropScenario } from './scenarios.ts';

/** Part of a segment, at its end, over which the next one takes over. */
const OVERLAP = 0.25;

/** Which stream of numbers a part of the environment is drawn from. */
const STREAM = { lineOfSight: 0, nonLineOfSight: 1, state: 2 } as const;

/**
 * A drop of TR 38.901, clause 7.5. What the report correlates over distance, the large-scale parameters and the state
 * of the line of sight, are random fields over the plane that all UEs of the environment share. Clusters are drawn for a
 * stretch of a UE's way as long as they are correlated, move by geometry along it, and give place to those of the next
 * stretch at its end, powers kept.
 */
export function createDropEnvironment(
  scenario: DropScenario,
  carriers: Carriers,
  phases: PhaseModel,
  seed: number,
): Environment {
  const isSeen = createVisibility(scenario, createRandom(deriveSeed(seed, STREAM.state)));
  const withSight = createFields(scenario.lineOfSight, createRandom(deriveSeed(seed, STREAM.lineOfSight)));
  const without = createFields(scenario.nonLineOfSight, createRandom(deriveSeed(seed, STREAM.nonLineOfSight)));
  const lengthM = scenario.clusterCorrelationM;

  const drawSegment = (anchor: Position, random: Random): Segment => {
    const hasSight = isSeen(anchor);
    const state = hasSight ? scenario.lineOfSight : scenario.nonLineOfSight;
    const groundM = Math.hypot(anchor.x, anchor.y);
    const largeScale = (hasSight ? withSight : without)(anchor);
    const zenith = {
      departureOffset: state.departureZenithOffset(groundM),
      lgDepartureMean: state.lgDepartureZenith(groundM, anchor.z).mean,
    };
    return segmentOf(anchor, drawClusters(state, largeScale, directAngles(anchor), zenith, phases, random), lengthM);
  };
  const gainAt = (place: Position, { isLineOfSight }: Segment): SegmentGain => {
    const groundM = Math.max(scenario.area.minDistanceM, Math.hypot(place.x, place.y));
    const { shadowingDb } = (isLineOfSight ? withSight : without)(place);
    const downlinkDb = scenario.pathLossDb(isLineOfSight, groundM, carriers.downlinkCarrierHz);
    const uplinkDb = scenario.pathLossDb(isLineOfSight, groundM, carriers.uplinkCarrierHz);
    return {
      amplitude: 10 ** ((shadowingDb - downlinkDb) / 20),
      uplinkRatio: 10 ** ((downlinkDb - uplinkDb) / 20),
    };
  };

  return {
    startUe(ueSeed) {
      const track = createTrack(scenario.area, createRandom(ueSeed));
      const segmentAt = (index: number) =>
        drawSegment(track.at(index * lengthM), createRandom(deriveSeed(ueSeed, index)));
      let index = 0;
      let segment = segmentAt(0);
      let next: Segment | undefined;
      return {
        pathsInto(out, travelledM) {
          const place = track.at(travelledM);
          const along = travelledM / lengthM;
          if (Math.floor(along) !== index) {
            segment = Math.floor(along) === index + 1 && next !== undefined ? next : segmentAt(Math.floor(along));
            index = Math.floor(along);
            next = undefined;
          }
          const takenOver = (along - index - (1 - OVERLAP)) / OVERLAP;
          const add = (from: Segment, amplitude: number) => {
            const gain = gainAt(place, from);
            segmentPathsInto(out, from, place, { ...gain, amplitude: amplitude * gain.amplitude }, carriers);
          };
          if (takenOver <= 0) {
            add(segment, 1);
          } else {
            next ??= segmentAt(index + 1);
            add(segment, Math.cos((takenOver * Math.PI) / 2));
            add(next, Math.sin((takenOver * Math.PI) / 2));
          }
          return place;
        },
      };
    },
  };
}

/** Large-scale parameters over the plane. */
function createFields(state: ScenarioState, random: Random): (place: Position) => LargeScale {
  const fields: GaussianField[] = state.correlationM.map((distanceM) => createGaussianField(distanceM, random));
  const factor = cholesky(state.correlation);
  return (place) => {
    const normals = correlate(
      factor,
      fields.map((field) => field(place)),
    );
    return largeScaleOf(state, normals, Math.hypot(place.x, place.y), place.z);
  };
}

/** Whether a place has line of sight: as probable as the scenario says at its distance, and alike nearby. */
function createVisibility(scenario: DropScenario, random: Random): (place: Position) => boolean {
  const field = createGaussianField(scenario.stateCorrelationM, random);
  return (place) => normalProbability(field(place)) < scenario.lineOfSightProbability(Math.hypot(place.x, place.y));
}

/** Probability that a standard normal is below x, to 1e-7: Abramowitz and Stegun, 26.2.17. */
function normalProbability(x: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const polynomial = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const above = (polynomial * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
  return x >= 0 ? 1 - above : above;
}

/** Angles, in degrees, of the straight way between BS and a place. */
function directAngles(place: Position) {
  const azimuth = (Math.atan2(place.y, place.x) * 180) / Math.PI;
  const zenith = 90 - (Math.atan2(place.z, Math.hypot(place.x, place.y)) * 180) / Math.PI;
  return {
    departureAzimuth: azimuth,
    arrivalAzimuth: azimuth + 180,
    departureZenith: zenith,
    arrivalZenith: 180 - zenith,
  };
}

/** The clusters that a UE has over a stretch of its way. */
interface Segment {
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
function segmentOf(anchor: Position, clusters: readonly RayCluster[], lengthM: number): Segment {
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
interface SegmentGain {
  readonly amplitude: number;
  readonly uplinkRatio: number;
}

/**
 * Writes the paths at a place near the segment's anchor. Rays of a cluster share its delay, which follows its middle;
 * what the way of each differs by turns its phase in either band.
 */
function segmentPathsInto(
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
