/**
 * Propagation paths of many samples, back to back: sample i owns rows `pathStart[i] .. pathStart[i + 1] - 1`.
 * One list gives CSI in any band, for any antenna count.
 */
export interface PathList {
  readonly numSamples: number;
  /** `[numSamples + 1]` */
  readonly pathStart: Int32Array;
  readonly azimuthRad: Float32Array;
  readonly elevationRad: Float32Array;
  /** Absolute propagation delay. */
  readonly delayNs: Float32Array;
  /** Complex downlink gain, linear amplitude. */
  readonly gainRe: Float32Array;
  readonly gainIm: Float32Array;
  /** Uplink amplitude relative to the downlink's. */
  readonly uplinkGainRatio: Float32Array;
  /**
   * Phase of the uplink gain relative to the downlink's, before propagation turns either. Where it is absent the two are
   * in phase, and only the carriers tell the bands apart.
   */
  readonly uplinkPhaseRad?: Float32Array;
  /** Distance between UE and BS, `[numSamples]`. */
  readonly distanceM?: Float32Array;
  /** Which environment each sample was taken in, `[numSamples]`: those of one share their scatterers. */
  readonly environment?: Int32Array;
}

/** One carrier of the link. All bands share the array, whose spacing is half the downlink wavelength. */
export interface Band {
  readonly direction: 'downlink' | 'uplink';
  readonly carrierHz: number;
  readonly downlinkCarrierHz: number;
  readonly bandwidthHz: number;
  readonly numSubcarriers: number;
}

/** What delay 0 means: no propagation delay, or the arrival of the sample's first path. */
export type Timing = 'absolute' | 'first-path';
