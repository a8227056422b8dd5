/**
 * Large-scale parameters of a UE: normals in the report's order, scaled by the scenario. K and shadowing in dB, delay
 * spread in seconds, angular spreads in degrees.
 */
export interface LargeScale {
  readonly shadowingDb: number;
  readonly ricianKDb: number;
  readonly delaySpreadS: number;
  readonly departureAzimuth: number;
  readonly arrivalAzimuth: number;
  readonly departureZenith: number;
  readonly arrivalZenith: number;
}

/** Mean and standard deviation, of the value or of its decimal logarithm. */
interface Moments {
  readonly mean: number;
  readonly deviation: number;
}

/** Distribution of channels in one state of a scenario, at one carrier: TR 38.901, table 7.5-6. */
export interface ScenarioState {
  /** Order of `correlation` and `correlationM`: SF, K, DS, ASD, ASA, ZSD, ZSA. */
  readonly correlation: readonly (readonly number[])[];
  readonly correlationM: readonly number[];
  readonly shadowingDb: number;
  /** Absent where there is no line of sight. */
  readonly ricianKDb?: Moments;
  readonly lgDelaySpread: Moments;
  readonly lgDepartureAzimuth: Moments;
  readonly lgArrivalAzimuth: Moments;
  readonly lgArrivalZenith: Moments;
  /** Depend on where the UE is. */
  lgDepartureZenith(groundDistanceM: number, heightM: number): Moments;
  departureZenithOffset(groundDistanceM: number): number;
  readonly numClusters: number;
  /** r_tau */
  readonly delayScaling: number;
  readonly clusterShadowingDb: number;
  readonly clusterDelaySpreadS: number;
  readonly clusterDepartureAzimuth: number;
  readonly clusterArrivalAzimuth: number;
  readonly clusterArrivalZenith: number;
  /** C_phi and C_theta without line of sight: tables 7.5-2 and 7.5-4, by number of clusters. */
  readonly azimuthScaling: number;
  readonly zenithScaling: number;
}

/** Largest spreads that the report allows, in degrees. */
const MAX_AZIMUTH_SPREAD = 104;
const MAX_ZENITH_SPREAD = 52;

/** @param normals - correlated, in the report's order */
export function largeScaleOf(
  state: ScenarioState,
  normals: readonly number[],
  groundDistanceM: number,
  heightM: number,
): LargeScale {
  const [sf = 0, k = 0, ds = 0, asd = 0, asa = 0, zsd = 0, zsa = 0] = normals;
  const power = ({ mean, deviation }: Moments, normal: number) => 10 ** (mean + deviation * normal);
  const { ricianKDb } = state;
  return {
    shadowingDb: state.shadowingDb * sf,
    ricianKDb: ricianKDb === undefined ? Number.NEGATIVE_INFINITY : ricianKDb.mean + ricianKDb.deviation * k,
    delaySpreadS: power(state.lgDelaySpread, ds),
    departureAzimuth: Math.min(MAX_AZIMUTH_SPREAD, power(state.lgDepartureAzimuth, asd)),
    arrivalAzimuth: Math.min(MAX_AZIMUTH_SPREAD, power(state.lgArrivalAzimuth, asa)),
    departureZenith: Math.min(MAX_ZENITH_SPREAD, power(state.lgDepartureZenith(groundDistanceM, heightM), zsd)),
    arrivalZenith: Math.min(MAX_ZENITH_SPREAD, power(state.lgArrivalZenith, zsa)),
  };
}

/** A symmetric matrix from its part below the diagonal of ones. */
export function symmetric(lower: readonly (readonly number[])[]): number[][] {
  const size = lower.length + 1;
  const at = (i: number, j: number): number => (i === j ? 1 : ((i > j ? lower[i - 1]?.[j] : lower[j - 1]?.[i]) ?? 0));
  return Array.from({ length: size }, (_, i) => Array.from({ length: size }, (_, j) => at(i, j)));
}
