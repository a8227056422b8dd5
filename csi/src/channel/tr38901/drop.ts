import { createRandom, deriveSeed, type Random } from '../../random.ts';
import { cholesky, correlate } from '../correlation.ts';
import type { Carriers, Environment } from '../environment.ts';
import { createGaussianField, type GaussianField } from '../gaussian-field.ts';
import type { Position } from '../position.ts';
import { createTrack } from '../track.ts';
import { drawClusters } from './clusters.ts';
import { type LargeScale, largeScaleOf, type ScenarioState } from './large-scale.ts';
import type { PhaseModel } from './rays.ts';
import type { DropScenario } from './scenarios.ts';
import { type Segment, type SegmentGain, segmentOf, segmentPathsInto } from './segment.ts';

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
