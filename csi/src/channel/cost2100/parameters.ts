import type { Area } from '../environment.ts';

/** A log-normal parameter: median, and standard deviation of its decibels. */
export interface Lognormal {
  readonly median: number;
  readonly deviationDb: number;
}

/** What a COST 2100 scenario is made of; the model's symbols in brackets. */
export interface Cost2100Parameters {
  readonly area: Area;
  /** Radius of the cell that visibility regions and clusters lie in. */
  readonly cellRadiusM: number;
  /** Radius of a visibility region (R_C) and width of its border (L_C). */
  readonly visibilityRadiusM: number;
  readonly transitionM: number;
  /** Mean number of far clusters that a UE sees (N_C), drawn anew for each environment where Poisson. */
  readonly visibleClusters: { readonly mean: number; readonly isPoisson: boolean };
  /** Mean number of visibility regions of a cluster beyond its first. */
  readonly extraVisibilityRegions: number;
  /** Share of far clusters with a single bounce; the others are twins (K_sel). */
  readonly singleBounceShare: number;
  /** Decay of cluster power with excess delay, in nepers of power a microsecond (k_tau), and where it ends (tau_B). */
  readonly decayPerUs: number;
  readonly decayEndUs: number;
  readonly hasBsLocalCluster: boolean;
  readonly mpcsPerCluster: number;
  readonly shadowingDb: number;
  readonly delaySpreadS: Lognormal;
  readonly bsAzimuthSpreadDeg: Lognormal;
  readonly bsElevationSpreadDeg: Lognormal;
  readonly msAzimuthSpreadDeg: Lognormal;
  readonly msElevationSpreadDeg: Lognormal;
  /** Correlation of delay spread and the two azimuth spreads, in the decibel domain. */
  readonly spreadCorrelation: number;
  /** Angle between the directions to a cluster and to its visibility region. */
  readonly clusterAzimuthDeg: { readonly mean: number; readonly deviation: number };
  /** Delay between the halves of a twin cluster: exponential beyond a minimum. */
  readonly linkDelayS: { readonly mean: number; readonly min: number };
  /** Power of the line of sight relative to all other paths (K_LOS); absent where there is none. */
  readonly lineOfSight?: { readonly ratioDb: number; readonly deviationDb: number };
}

/** Log-normal of the given mean and standard deviation. */
function lognormalOf(mean: number, deviation: number): Lognormal {
  const logVariance = Math.log(1 + (deviation / mean) ** 2);
  return {
    median: mean * Math.exp(-logVariance / 2),
    deviationDb: 10 * Math.log10(Math.E) * Math.sqrt(logVariance),
  };
}

function degrees(radians: number): number {
  return (radians * 180) / Math.PI;
}

/**
 * Indoor hall at 5 GHz, obstructed line of sight: Poutanen et al., "Parameterization of the COST 2100 MIMO channel model in
 * indoor scenarios", EuCAP 2011, in the values of the public COST 2100 code (IndoorHall_5GHz). UEs are spread over 20 m by
 * 20 m, the area of the data sets that CSI feedback is compared on (Wen, Shih, Jin, IEEE WCL 7(5), 2018).
 */
export const indoorHall: Cost2100Parameters = {
  area: { halfWidthM: 10, minDistanceM: 1, heightM: 0 },
  cellRadiusM: 30,
  visibilityRadiusM: 2.72,
  transitionM: 1,
  visibleClusters: { mean: 3.8, isPoisson: true },
  extraVisibilityRegions: 4,
  singleBounceShare: 0,
  decayPerUs: 16,
  // The code's cut-off is far beyond any delay.
  decayEndUs: Number.POSITIVE_INFINITY,
  hasBsLocalCluster: true,
  mpcsPerCluster: 3,
  shadowingDb: 0,
  delaySpreadS: lognormalOf(3e-9, 0.6e-9),
  bsAzimuthSpreadDeg: lognormalOf(3, 2),
  bsElevationSpreadDeg: lognormalOf(1.5, 1.5),
  msAzimuthSpreadDeg: lognormalOf(4, 2),
  msElevationSpreadDeg: lognormalOf(1, 1),
  spreadCorrelation: 0,
  clusterAzimuthDeg: { mean: 43, deviation: 39 },
  linkDelayS: { mean: 107e-9, min: 33.6e-9 },
};

/**
 * Semi-urban, line of sight, near 300 MHz: Zhu et al., "The COST 2100 channel model: parameterization and validation based
 * on outdoor MIMO measurements at 300 MHz", IEEE TWC 12(2), 2013, in the values of the public COST 2100 code
 * (SemiUrban_300MHz). UEs are spread over 400 m by 400 m.
 */
export const semiUrban: Cost2100Parameters = {
  area: { halfWidthM: 200, minDistanceM: 10, heightM: 0 },
  cellRadiusM: 500,
  visibilityRadiusM: 32.8,
  transitionM: 16.8,
  visibleClusters: { mean: 6, isPoisson: false },
  extraVisibilityRegions: 0,
  singleBounceShare: 0.1,
  decayPerUs: Math.log(10 ** 1.21),
  decayEndUs: 2.4,
  hasBsLocalCluster: false,
  mpcsPerCluster: 27,
  shadowingDb: 2.05,
  delaySpreadS: { median: 139e-9, deviationDb: 3.66 },
  bsAzimuthSpreadDeg: { median: degrees(0.255), deviationDb: 2.43 },
  bsElevationSpreadDeg: { median: degrees(1.578), deviationDb: 0 },
  msAzimuthSpreadDeg: { median: degrees(0.2575), deviationDb: 2.68 },
  msElevationSpreadDeg: { median: 1.578, deviationDb: 0 },
  spreadCorrelation: 0.9,
  clusterAzimuthDeg: { mean: 43, deviation: 39 },
  linkDelayS: { mean: 854e-9, min: 47.9e-9 },
  lineOfSight: { ratioDb: -4.7, deviationDb: 2 },
};
