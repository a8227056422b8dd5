import type { Area } from '../environment.ts';
import { type ScenarioState, symmetric } from './large-scale.ts';

/** A drop scenario of TR 38.901 at one carrier. */
export interface DropScenario {
  readonly area: Area;
  /** Distance over which line of sight holds, and over which clusters do: table 7.6.3.1-2. */
  readonly stateCorrelationM: number;
  readonly clusterCorrelationM: number;
  /** Table 7.4.2-1. */
  lineOfSightProbability(groundDistanceM: number): number;
  /** Table 7.4.1-1, in dB. */
  pathLossDb(isLineOfSight: boolean, groundDistanceM: number, carrierHz: number): number;
  readonly lineOfSight: ScenarioState;
  readonly nonLineOfSight: ScenarioState;
}

export type DropScenarioName = 'inh' | 'umi';

/** @param downlinkCarrierHz - what the distributions are taken at; both bands share them */
export function dropScenario(name: DropScenarioName, downlinkCarrierHz: number): DropScenario {
  return name === 'umi' ? streetCanyon(downlinkCarrierHz) : indoorOffice(downlinkCarrierHz);
}

/** UMi - Street Canyon: BS at 10 m, UEs outdoors at 1.5 m. */
function streetCanyon(downlinkCarrierHz: number): DropScenario {
  const bsHeightM = 10;
  const ueHeightM = 1.5;
  // Below 2 GHz the report takes the spreads at 2 GHz.
  const lg = Math.log10(1 + Math.max(2, downlinkCarrierHz / 1e9));
  return {
    area: { halfWidthM: 100, minDistanceM: 10, heightM: ueHeightM - bsHeightM },
    stateCorrelationM: 50,
    clusterCorrelationM: 12,
    lineOfSightProbability: (d) => (d <= 18 ? 1 : 18 / d + Math.exp(-d / 36) * (1 - 18 / d)),
    pathLossDb: (isLineOfSight, groundDistanceM, carrierHz) => {
      const d = Math.hypot(groundDistanceM, bsHeightM - ueHeightM);
      const lgF = Math.log10(carrierHz / 1e9);
      const breakpointM = (4 * (bsHeightM - 1) * (ueHeightM - 1) * carrierHz) / 3e8;
      const near = 32.4 + 21 * Math.log10(d) + 20 * lgF;
      const far =
        32.4 + 40 * Math.log10(d) + 20 * lgF - 9.5 * Math.log10(breakpointM ** 2 + (bsHeightM - ueHeightM) ** 2);
      const free = groundDistanceM <= breakpointM ? near : far;
      return isLineOfSight ? free : Math.max(free, 35.3 * Math.log10(d) + 22.4 + 21.3 * lgF);
    },
    lineOfSight: {
      correlation: symmetric([
        [0.5],
        [-0.4, -0.7],
        [-0.5, -0.2, 0.5],
        [-0.4, -0.3, 0.8, 0.4],
        [0, 0, 0, 0.5, 0],
        [0, 0, 0.2, 0.3, 0, 0],
      ]),
      correlationM: [10, 15, 7, 8, 8, 12, 12],
      shadowingDb: 4,
      ricianKDb: { mean: 9, deviation: 5 },
      lgDelaySpread: { mean: -0.24 * lg - 7.14, deviation: 0.38 },
      lgDepartureAzimuth: { mean: -0.05 * lg + 1.21, deviation: 0.41 },
      lgArrivalAzimuth: { mean: -0.08 * lg + 1.73, deviation: 0.014 * lg + 0.28 },
      lgArrivalZenith: { mean: -0.1 * lg + 0.73, deviation: -0.04 * lg + 0.34 },
      lgDepartureZenith: (d, height) => ({
        mean: Math.max(-0.21, -14.8 * (d / 1000) + 0.01 * Math.abs(height) + 0.83),
        deviation: 0.35,
      }),
      departureZenithOffset: () => 0,
      numClusters: 12,
      delayScaling: 3,
      clusterShadowingDb: 3,
      clusterDelaySpreadS: 5e-9,
      clusterDepartureAzimuth: 3,
      clusterArrivalAzimuth: 17,
      clusterArrivalZenith: 7,
      azimuthScaling: 1.146,
      zenithScaling: 1.104,
    },
    nonLineOfSight: {
      correlation: symmetric([
        [0],
        [-0.7, 0],
        [0, 0, 0],
        [-0.4, 0, 0.4, 0],
        [0, 0, -0.5, 0.5, 0],
        [0, 0, 0, 0.5, 0.2, 0],
      ]),
      correlationM: [13, 1, 10, 10, 9, 10, 10],
      shadowingDb: 7.82,
      lgDelaySpread: { mean: -0.24 * lg - 6.83, deviation: 0.16 * lg + 0.28 },
      lgDepartureAzimuth: { mean: -0.23 * lg + 1.53, deviation: 0.11 * lg + 0.33 },
      lgArrivalAzimuth: { mean: -0.08 * lg + 1.81, deviation: 0.05 * lg + 0.3 },
      lgArrivalZenith: { mean: -0.04 * lg + 0.92, deviation: -0.07 * lg + 0.41 },
      lgDepartureZenith: (d, height) => ({
        mean: Math.max(-0.5, -3.1 * (d / 1000) + 0.01 * Math.max(height, 0) + 0.2),
        deviation: 0.35,
      }),
      departureZenithOffset: (d) => -(10 ** (-1.5 * Math.log10(Math.max(10, d)) + 3.3)),
      numClusters: 19,
      delayScaling: 2.1,
      clusterShadowingDb: 3,
      clusterDelaySpreadS: 11e-9,
      clusterDepartureAzimuth: 10,
      clusterArrivalAzimuth: 22,
      clusterArrivalZenith: 7,
      azimuthScaling: 1.273,
      zenithScaling: 1.184,
    },
  };
}

/** InH - Office, open plan: BS at 3 m under the ceiling, UEs at 1 m. */
function indoorOffice(downlinkCarrierHz: number): DropScenario {
  const bsHeightM = 3;
  const ueHeightM = 1;
  // Below 6 GHz the report takes the spreads at 6 GHz.
  const lg = Math.log10(1 + Math.max(6, downlinkCarrierHz / 1e9));
  return {
    area: { halfWidthM: 25, minDistanceM: 1, heightM: ueHeightM - bsHeightM },
    stateCorrelationM: 10,
    clusterCorrelationM: 10,
    lineOfSightProbability: (d) => {
      if (d <= 5) return 1;
      return d <= 49 ? Math.exp(-(d - 5) / 70.8) : 0.54 * Math.exp(-(d - 49) / 211.7);
    },
    pathLossDb: (isLineOfSight, groundDistanceM, carrierHz) => {
      const lgD = Math.log10(Math.hypot(groundDistanceM, bsHeightM - ueHeightM));
      const lgF = Math.log10(carrierHz / 1e9);
      const free = 32.4 + 17.3 * lgD + 20 * lgF;
      return isLineOfSight ? free : Math.max(free, 38.3 * lgD + 17.3 + 24.9 * lgF);
    },
    lineOfSight: {
      correlation: symmetric([
        [0.5],
        [-0.8, -0.5],
        [-0.4, 0, 0.6],
        [-0.5, 0, 0.8, 0.4],
        [0.2, 0, 0.1, 0.5, 0],
        [0.3, 0.1, 0.2, 0, 0.5, 0],
      ]),
      correlationM: [10, 4, 8, 7, 5, 4, 4],
      shadowingDb: 3,
      ricianKDb: { mean: 7, deviation: 4 },
      lgDelaySpread: { mean: -0.01 * lg - 7.692, deviation: 0.18 },
      lgDepartureAzimuth: { mean: 1.6, deviation: 0.18 },
      lgArrivalAzimuth: { mean: -0.19 * lg + 1.781, deviation: 0.12 * lg + 0.119 },
      lgArrivalZenith: { mean: -0.26 * lg + 1.44, deviation: -0.04 * lg + 0.264 },
      lgDepartureZenith: () => ({ mean: -1.43 * lg + 2.228, deviation: 0.13 * lg + 0.3 }),
      departureZenithOffset: () => 0,
      numClusters: 15,
      delayScaling: 3.6,
      clusterShadowingDb: 6,
      clusterDelaySpreadS: 3.91e-9,
      clusterDepartureAzimuth: 5,
      clusterArrivalAzimuth: 8,
      clusterArrivalZenith: 9,
      azimuthScaling: 1.211,
      zenithScaling: 1.1088,
    },
    nonLineOfSight: {
      correlation: symmetric([
        [0],
        [-0.5, 0],
        [0, 0, 0.4],
        [-0.4, 0, 0, 0],
        [0, 0, -0.27, 0.35, -0.08],
        [0, 0, -0.06, 0.23, 0.43, 0.42],
      ]),
      correlationM: [6, 1, 5, 3, 3, 4, 4],
      shadowingDb: 8.03,
      lgDelaySpread: { mean: -0.28 * lg - 7.173, deviation: 0.1 * lg + 0.055 },
      lgDepartureAzimuth: { mean: 1.62, deviation: 0.25 },
      lgArrivalAzimuth: { mean: -0.11 * lg + 1.863, deviation: 0.12 * lg + 0.059 },
      lgArrivalZenith: { mean: -0.15 * lg + 1.387, deviation: -0.09 * lg + 0.746 },
      lgDepartureZenith: () => ({ mean: 1.08, deviation: 0.36 }),
      departureZenithOffset: () => 0,
      numClusters: 19,
      delayScaling: 3,
      clusterShadowingDb: 3,
      clusterDelaySpreadS: 3.91e-9,
      clusterDepartureAzimuth: 5,
      clusterArrivalAzimuth: 11,
      clusterArrivalZenith: 9,
      azimuthScaling: 1.273,
      zenithScaling: 1.184,
    },
  };
}
