import { type Random, uniformPhase } from '../../random.ts';
import type { Position } from '../environment.ts';

/** Whether each band draws the initial phases of rays anew, or both take them from the carriers. */
export type PhaseModel = 'independent' | 'carrier';

/** Offsets of the rays of a cluster for a spread of 1 degree: TR 38.901, table 7.5-3; each is there with both signs. */
const OFFSETS = [0.0447, 0.1413, 0.2492, 0.3715, 0.5129, 0.6797, 0.8844, 1.1481, 1.5195, 2.1551];

export const RAYS_PER_CLUSTER = 2 * OFFSETS.length;

/** Angles in degrees: azimuth from the x axis, zenith from straight up. */
export interface Angles {
  readonly departureAzimuth: number;
  readonly arrivalAzimuth: number;
  readonly departureZenith: number;
  readonly arrivalZenith: number;
}

/** One ray, of any power. */
export interface Ray {
  /** As seen from the BS. */
  readonly azimuthRad: number;
  readonly elevationRad: number;
  /** Unit vector from the UE to where the ray comes from. */
  readonly arrival: Position;
  /** Initial phases in the two bands. */
  readonly downlinkPhaseRad: number;
  readonly uplinkPhaseRad: number;
}

/**
 * The rays of a cluster in the order of the table, plus before minus, coupled at random between departure and arrival,
 * azimuth and zenith. Elements are taken to be omnidirectional and co-polarised.
 */
export function clusterRays(centre: Angles, spread: Angles, phases: PhaseModel, random: Random): Ray[] {
  const departureZenith = shuffledOffsets(random);
  const arrivalAzimuth = shuffledOffsets(random);
  const arrivalZenith = shuffledOffsets(random);
  return orderedOffsets().map((offset, i) => {
    const angles: Angles = {
      departureAzimuth: centre.departureAzimuth + spread.departureAzimuth * offset,
      departureZenith: centre.departureZenith + spread.departureZenith * (departureZenith[i] as number),
      arrivalAzimuth: centre.arrivalAzimuth + spread.arrivalAzimuth * (arrivalAzimuth[i] as number),
      arrivalZenith: centre.arrivalZenith + spread.arrivalZenith * (arrivalZenith[i] as number),
    };
    return rayAt(angles, phases, random);
  });
}

/** A single ray with drawn phases. */
export function rayAt(angles: Angles, phases: PhaseModel, random: Random): Ray {
  const downlinkPhaseRad = uniformPhase(random);
  return {
    azimuthRad: radians(angles.departureAzimuth),
    elevationRad: radians(90 - folded(angles.departureZenith)),
    arrival: unitVector(angles.arrivalAzimuth, angles.arrivalZenith),
    downlinkPhaseRad,
    uplinkPhaseRad: phases === 'independent' ? uniformPhase(random) : downlinkPhaseRad,
  };
}

/** Unit vector of a direction in degrees. */
export function unitVector(azimuth: number, zenith: number): Position {
  const fromTop = radians(folded(zenith));
  const sin = Math.sin(fromTop);
  return {
    x: sin * Math.cos(radians(azimuth)),
    y: sin * Math.sin(radians(azimuth)),
    z: Math.cos(fromTop),
  };
}

/** The same phase, at most half a turn either way: float32 holds it as well however far a UE has gone. */
export function withinTurn(phaseRad: number): number {
  return phaseRad - 2 * Math.PI * Math.round(phaseRad / (2 * Math.PI));
}

/** Zenith angles beyond straight up or down are mirrored back: clause 7.5, step 7. */
function folded(zenith: number): number {
  const turn = ((zenith % 360) + 360) % 360;
  return turn > 180 ? 360 - turn : turn;
}

function radians(degrees: number): number {
  return (degrees * Math.PI) / 180;
}

function orderedOffsets(): number[] {
  return OFFSETS.flatMap((offset) => [offset, -offset]);
}

function shuffledOffsets(random: Random): number[] {
  const offsets = orderedOffsets();
  for (let last = offsets.length - 1; last > 0; last--) {
    const other = Math.floor((last + 1) * random.uniform());
    [offsets[last], offsets[other]] = [offsets[other] as number, offsets[last] as number];
  }
  return offsets;
}
