/** Size of an angular-delay matrix. */
export interface CsiShape {
  readonly numAntennas: number;
  readonly numDelays: number;
}

/**
 * CSI of one sample in the angular-delay domain, after truncation to the first delay taps.
 *
 * `values` is planar and row-major, `[2][numAntennas][numDelays]`: all real parts, then all imaginary parts.
 */
export interface AngularDelayCsi extends CsiShape {
  readonly domain: 'angular-delay';
  readonly values: Float32Array;
}

/** CSI of one sample per subcarrier and antenna. `values` is planar, `[2][numSubcarriers][numAntennas]`. */
export interface SpatialFrequencyCsi {
  readonly domain: 'spatial-frequency';
  readonly numSubcarriers: number;
  readonly numAntennas: number;
  readonly values: Float32Array;
}

/** What an encoder takes: `values` is `[numAntennas][numDelays]`, scaled as the model's normalisation says. */
export interface NormalizedMagnitude extends CsiShape {
  readonly domain: 'normalized-magnitude';
  readonly values: Float32Array;
}

/**
 * What an encoder of absolute parts takes: `values` is planar, `[2][numAntennas][numDelays]`, all |Re|, then all |Im|,
 * scaled as the model's normalisation says.
 */
export interface NormalizedParts extends CsiShape {
  readonly domain: 'normalized-parts';
  readonly values: Float32Array;
}

/** Encoder output before quantisation, `[codewordLength]`, dimensionless. */
export interface Latent {
  readonly domain: 'latent';
  readonly values: Float32Array;
}

/** Quantised latent: `levels[i]` is the index of component i, in `0 .. 2^bits[i] - 1`. */
export interface Codeword {
  readonly domain: 'codeword';
  readonly levels: Uint8Array;
}

/** Norm of one CSI matrix as sent on the wire: an index on a grid in dB, 0 where the model sends none. */
export interface Scale {
  readonly domain: 'scale';
  readonly level: number;
}

/** A stretch of bits, most significant bit first, zero padded to a byte. */
export interface BitString {
  readonly bytes: Uint8Array;
  readonly bitLength: number;
}
