import { exponential, type Random } from '../../random.ts';
import type { Position } from '../environment.ts';
import type { LargeScale, ScenarioState } from './large-scale.ts';
import { type Angles, clusterRays, type PhaseModel, type Ray, rayAt, unitVector } from './rays.ts';

/** Rays that arrive together. */
export interface RayCluster {
  /** Beyond the line of sight. */
  readonly excessDelayS: number;
  /** Amplitude of each ray; all clusters of a channel have energy 1 together, before weak ones are left out. */
  readonly amplitude: number;
  /** Unit vector from the UE to the middle of where the rays come from. */
  readonly arrival: Position;
  readonly isLineOfSight: boolean;
  readonly rays: readonly Ray[];
}

/** Clusters so far below the strongest are left out. */
const WEAKEST_DB = -25;
/** The two strongest clusters arrive in three parts: delays in cluster delay spreads, and the rays of each (from 0). */
const PARTS = [
  { delay: 0, rays: [0, 1, 2, 3, 4, 5, 6, 7, 18, 19] },
  { delay: 1.28, rays: [8, 9, 10, 11, 16, 17] },
  { delay: 2.56, rays: [12, 13, 14, 15] },
];

/**
 * Draws the clusters of a UE: TR 38.901, clause 7.5, steps 5 to 8 and 10.
 *
 * @param direct - angles of the straight way
 */
export function drawClusters(
  state: ScenarioState,
  largeScale: LargeScale,
  direct: Angles,
  zenith: { readonly departureOffset: number; readonly lgDepartureMean: number },
  phases: PhaseModel,
  random: Random,
): RayCluster[] {
  const { ricianKDb, delaySpreadS } = largeScale;
  const hasLineOfSight = Number.isFinite(ricianKDb);
  const ricianK = 10 ** (ricianKDb / 10);
  const delays = drawDelays(state, delaySpreadS, random);
  const scattered = drawPowers(state, delaySpreadS, delays, random);
  // Angles follow from powers with the line of sight counted in; delays shrink by what it takes off their spread.
  const counted = scattered.map((power, n) => power / (1 + ricianK) + (n === 0 ? ricianK / (1 + ricianK) : 0));
  const strongest = Math.max(...counted);
  const shrink = hasLineOfSight ? delayShrink(ricianKDb) : 1;
  const angles = drawAngles(state, largeScale, direct, zenith.departureOffset, counted, random);
  const spread: Angles = {
    departureAzimuth: state.clusterDepartureAzimuth,
    arrivalAzimuth: state.clusterArrivalAzimuth,
    departureZenith: (3 / 8) * 10 ** zenith.lgDepartureMean,
    arrivalZenith: state.clusterArrivalZenith,
  };

  const split = new Set(strongestTwo(scattered));
  const clusters: RayCluster[] = [];
  for (const [n, power] of scattered.entries()) {
    if (10 * Math.log10((counted[n] as number) / strongest) < WEAKEST_DB) continue;
    const centre = angles[n] as Angles;
    const rays = clusterRays(centre, spread, phases, random);
    const common = {
      amplitude: Math.sqrt(power / (1 + ricianK) / rays.length),
      arrival: unitVector(centre.arrivalAzimuth, centre.arrivalZenith),
      isLineOfSight: false,
    };
    const excessDelayS = (delays[n] as number) / shrink;
    if (!split.has(n)) {
      clusters.push({ ...common, excessDelayS, rays });
      continue;
    }
    for (const part of PARTS) {
      const partDelayS = excessDelayS + part.delay * state.clusterDelaySpreadS;
      clusters.push({ ...common, excessDelayS: partDelayS, rays: part.rays.map((i) => rays[i] as Ray) });
    }
  }
  if (hasLineOfSight) {
    clusters.push({
      excessDelayS: 0,
      amplitude: Math.sqrt(ricianK / (1 + ricianK)),
      arrival: unitVector(direct.arrivalAzimuth, direct.arrivalZenith),
      isLineOfSight: true,
      // Propagation alone gives its phase, but for what the antennas of each band turn it by.
      rays: [rayAt(direct, phases, random)],
    });
  }
  return clusters;
}

/** Step 5, without the shrinking by the line of sight. */
function drawDelays({ numClusters, delayScaling }: ScenarioState, delaySpreadS: number, random: Random): number[] {
  const drawn = Array.from({ length: numClusters }, () => delayScaling * delaySpreadS * exponential(random));
  drawn.sort((a, b) => a - b);
  return drawn.map((delay) => delay - (drawn[0] as number));
}

/** Step 6, scaled to sum 1. */
function drawPowers(
  { delayScaling, clusterShadowingDb }: ScenarioState,
  delaySpreadS: number,
  delays: readonly number[],
  random: Random,
): number[] {
  const powers = delays.map((delay) => {
    const decay = Math.exp((-delay * (delayScaling - 1)) / (delayScaling * delaySpreadS));
    return decay * 10 ** ((-clusterShadowingDb * random.gaussian()) / 10);
  });
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

/** C_tau, equation 7.5-3. */
function delayShrink(k: number): number {
  return 0.7705 - 0.0433 * k + 0.0002 * k ** 2 + 0.000017 * k ** 3;
}

/** Step 7. */
function drawAngles(
  state: ScenarioState,
  largeScale: LargeScale,
  direct: Angles,
  departureZenithOffset: number,
  powers: readonly number[],
  random: Random,
): Angles[] {
  const k = largeScale.ricianKDb;
  const hasLineOfSight = Number.isFinite(k);
  const azimuthScaling =
    state.azimuthScaling * (hasLineOfSight ? 1.1035 - 0.028 * k - 0.002 * k ** 2 + 0.0001 * k ** 3 : 1);
  const zenithScaling =
    state.zenithScaling * (hasLineOfSight ? 1.3086 + 0.0339 * k - 0.0077 * k ** 2 + 0.0002 * k ** 3 : 1);
  const strongest = Math.max(...powers);
  const azimuths = (spread: number) =>
    deviations(powers, spread, (p) => (2 * (spread / 1.4) * Math.sqrt(-Math.log(p / strongest))) / azimuthScaling);
  const zeniths = (spread: number) =>
    deviations(powers, spread, (p) => (-spread * Math.log(p / strongest)) / zenithScaling);
  const deviations = (list: readonly number[], spread: number, magnitude: (power: number) => number): number[] => {
    const drawn = list.map((power) => {
      const sign = random.uniform() < 0.5 ? -1 : 1;
      return sign * magnitude(power) + (spread / 7) * random.gaussian();
    });
    // The first cluster of a line of sight lies in its direction.
    return hasLineOfSight ? drawn.map((deviation) => deviation - (drawn[0] as number)) : drawn;
  };
  const departureAzimuth = azimuths(largeScale.departureAzimuth);
  const arrivalAzimuth = azimuths(largeScale.arrivalAzimuth);
  const departureZenith = zeniths(largeScale.departureZenith);
  const arrivalZenith = zeniths(largeScale.arrivalZenith);
  return powers.map((_, n) => ({
    departureAzimuth: direct.departureAzimuth + (departureAzimuth[n] as number),
    arrivalAzimuth: direct.arrivalAzimuth + (arrivalAzimuth[n] as number),
    departureZenith: direct.departureZenith + departureZenithOffset + (departureZenith[n] as number),
    arrivalZenith: direct.arrivalZenith + (arrivalZenith[n] as number),
  }));
}

function strongestTwo(powers: readonly number[]): number[] {
  return [...powers.keys()].sort((a, b) => (powers[b] as number) - (powers[a] as number)).slice(0, 2);
}
