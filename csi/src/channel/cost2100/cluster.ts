import { exponential, type Random, uniformBetween } from '../../random.ts';
import { SPEED_OF_LIGHT_M_PER_S } from '../../transform/path-list.ts';
import { type CholeskyFactor, cholesky, correlate } from '../correlation.ts';
import { distanceBetween, distanceFromBs, type Position } from '../environment.ts';
import type { Cost2100Parameters, Lognormal } from './parameters.ts';

/** A multipath component: where it leaves the BS and where the UE receives it from. */
export interface Mpc {
  readonly azimuthRad: number;
  readonly elevationRad: number;
  /** Way from the BS to `msSide`, the link between the halves of a twin cluster included. */
  readonly bsLegM: number;
  readonly msSide: Position;
  /** Complex amplitude; the components of a cluster have energy 1 together. */
  readonly gainRe: number;
  readonly gainIm: number;
}

export interface Cluster {
  /** Way from the BS to the centre of the UE's side. */
  readonly bsLegM: number;
  readonly msSide: Position;
  /** Linear power. */
  readonly shadowing: number;
  readonly mpcs: readonly Mpc[];
}

/** Spreads of one cluster; its half axes are what lies within three standard deviations of its components. */
interface Spreads {
  readonly shadowing: number;
  /** Half axis along the direction of propagation. */
  readonly depthM: number;
  readonly bsAzimuthRad: number;
  readonly bsElevationRad: number;
  readonly msAzimuthRad: number;
  readonly msElevationRad: number;
}

/** Draws a far cluster that is seen from the region around `reference`. */
export function createFarCluster(
  parameters: Cost2100Parameters,
  reference: { readonly x: number; readonly y: number },
  random: Random,
): Cluster {
  const spreads = drawSpreads(parameters, random);
  const isSingle = random.uniform() < parameters.singleBounceShare;
  const towards = Math.atan2(reference.y, reference.x);
  const bsDistanceM = uniformBetween(0, parameters.cellRadiusM, random);
  const bsSide = atDirection({ x: 0, y: 0, z: 0 }, towards + drawAzimuth(parameters, random), bsDistanceM);
  const bsWidthM = bsDistanceM * Math.tan(spreads.bsAzimuthRad / 2);
  const bsHeightM = bsDistanceM * Math.tan(spreads.bsElevationRad / 2);
  // Both halves of a twin are equally wide, so that the distance to the second follows from the angle it is seen at.
  const msDistanceM = bsWidthM / Math.tan(spreads.msAzimuthRad / 2);
  const msCentre = { ...reference, z: 0 };
  const msSide = isSingle ? bsSide : atDirection(msCentre, towards + drawAzimuth(parameters, random), msDistanceM);
  const { mean, min } = parameters.linkDelayS;
  const linkM = isSingle ? 0 : SPEED_OF_LIGHT_M_PER_S * (min + mean * exponential(random));
  const bsTurn = Math.atan2(bsSide.y, bsSide.x);
  const msTurn = Math.atan2(msSide.y - msCentre.y, msSide.x - msCentre.x);
  const msHeightM = msDistanceM * Math.tan(spreads.msElevationRad / 2);

  const mpcs = withGains(parameters.mpcsPerCluster, random, () => {
    const [along, across, up] = [random.gaussian() / 3, random.gaussian() / 3, random.gaussian() / 3];
    const bs = offset(bsSide, bsTurn, along * spreads.depthM, across * bsWidthM, up * bsHeightM);
    const ms = isSingle ? bs : offset(msSide, msTurn, along * spreads.depthM, across * bsWidthM, up * msHeightM);
    return { ...bsView(bs), bsLegM: distanceFromBs(bs) + linkM, msSide: ms };
  });
  return { bsLegM: bsDistanceM + linkM, msSide, shadowing: spreads.shadowing, mpcs };
}

/** Draws the cluster around a BS or a UE. */
export function createLocalCluster(
  parameters: Cost2100Parameters,
  centre: Position,
  random: Random,
): Cluster & { readonly radiusM: number } {
  const { shadowing, depthM } = drawSpreads(parameters, random);
  const mpcs = withGains(parameters.mpcsPerCluster, random, () => scatterer(centre, depthM, random));
  return { bsLegM: distanceFromBs(centre), msSide: centre, shadowing, mpcs, radiusM: depthM };
}

/** A component without its gain, in the cluster of some radius around a place. */
function scatterer(centre: Position, radiusM: number, random: Random): Omit<Mpc, 'gainRe' | 'gainIm'> {
  const place = {
    x: centre.x + (random.gaussian() * radiusM) / 3,
    y: centre.y + (random.gaussian() * radiusM) / 3,
    // Local clusters are flat.
    z: centre.z + (random.gaussian() * radiusM) / 60,
  };
  return { ...bsView(place), bsLegM: distanceFromBs(place), msSide: place };
}

function drawSpreads(parameters: Cost2100Parameters, random: Random): Spreads {
  const shadowingDb = parameters.shadowingDb * random.gaussian();
  const [delay = 0, bsAzimuth = 0, msAzimuth = 0] = correlate(
    spreadFactor(parameters.spreadCorrelation),
    [0, 1, 2].map(() => random.gaussian()),
  );
  const spread = ({ median, deviationDb }: Lognormal, normal: number) => median * 10 ** ((deviationDb * normal) / 10);
  const angle = (lognormal: Lognormal, normal: number) => (spread(lognormal, normal) * Math.PI) / 180;
  return {
    shadowing: 10 ** (shadowingDb / 10),
    depthM: (spread(parameters.delaySpreadS, delay) * SPEED_OF_LIGHT_M_PER_S) / 2,
    bsAzimuthRad: angle(parameters.bsAzimuthSpreadDeg, bsAzimuth),
    bsElevationRad: angle(parameters.bsElevationSpreadDeg, random.gaussian()),
    msAzimuthRad: angle(parameters.msAzimuthSpreadDeg, msAzimuth),
    msElevationRad: angle(parameters.msElevationSpreadDeg, random.gaussian()),
  };
}

function spreadFactor(r: number): CholeskyFactor {
  return cholesky([
    [1, r, r],
    [r, 1, r],
    [r, r, 1],
  ]);
}

function drawAzimuth({ clusterAzimuthDeg: { mean, deviation } }: Cost2100Parameters, random: Random): number {
  return ((mean + deviation * random.gaussian()) * Math.PI) / 180;
}

/** Components with complex Gaussian gains, scaled to energy 1 together. */
function withGains(count: number, random: Random, place: () => Omit<Mpc, 'gainRe' | 'gainIm'>): Mpc[] {
  const mpcs = Array.from({ length: count }, () => ({
    ...place(),
    gainRe: random.gaussian(),
    gainIm: random.gaussian(),
  }));
  const norm = Math.sqrt(mpcs.reduce((sum, { gainRe, gainIm }) => sum + gainRe * gainRe + gainIm * gainIm, 0));
  return mpcs.map((mpc) => ({ ...mpc, gainRe: mpc.gainRe / norm, gainIm: mpc.gainIm / norm }));
}

function atDirection(from: Position, azimuthRad: number, distanceM: number): Position {
  return { x: from.x + distanceM * Math.cos(azimuthRad), y: from.y + distanceM * Math.sin(azimuthRad), z: from.z };
}

function offset(centre: Position, turnRad: number, alongM: number, acrossM: number, upM: number): Position {
  const cos = Math.cos(turnRad);
  const sin = Math.sin(turnRad);
  return {
    x: centre.x + alongM * cos - acrossM * sin,
    y: centre.y + alongM * sin + acrossM * cos,
    z: centre.z + upM,
  };
}

function bsView({ x, y, z }: Position): { azimuthRad: number; elevationRad: number } {
  return { azimuthRad: Math.atan2(y, x), elevationRad: Math.atan2(z, Math.hypot(x, y)) };
}

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
