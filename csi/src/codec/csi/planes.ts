import { type AngularDelayCsi, type CsiShape, frobeniusNorm, usableNorm } from '../../csi.ts';
import { CsiError } from '../../errors.ts';
import { uplinkNorm } from '../../uplink/input.ts';
import { dequantizeScale, quantizeScale } from '../dualnet/normalize.ts';
import type { PlaneNormalization } from './csi.ts';

/** How a model of complex CSI sees it: the one way from a matrix to network input and back, for UE and BS alike. */
export interface Planes extends CsiShape {
  /** Of one sample, as the encoder takes it and the decoder returns it: `[2, numAntennas, numDelays]`. */
  readonly dims: readonly [2, number, number];
  /** Values of one sample. */
  readonly numComponents: number;
  /** Bits of the norm on the wire; 0 where none is sent, and its level is 0 then. */
  readonly scaleBits: number;
  /**
   * Makes an encoder's input.
   *
   * @returns also the norm it was divided by, linear: 1 where it was not
   * @throws CsiError `csi-invalid` where the matrix is not usable
   */
  normalize(csi: AngularDelayCsi): { readonly input: { readonly values: Float32Array }; readonly norm: number };
  /** @throws CsiError `csi-invalid` where the norm is off the grid */
  quantizeNorm(norm: number): number;
  /** @throws CsiError `payload-invalid` where the level is not on the grid */
  dequantizeNorm(level: number): number;
  /**
   * Writes what the decoder's uplink is of one sample, `[numComponents]`.
   *
   * @param uplink - uplink CSI, planar `[2][numAntennas][numDelays]`; undefined stands for all zero
   * @throws CsiError `csi-invalid` where a value is not finite
   */
  uplinkInto(out: Float32Array, uplink: Float32Array | undefined): void;
  /**
   * Writes CSI of a given norm from network output.
   *
   * @param out - planar `[2][numAntennas][numDelays]`, or several of them; may be `values` itself
   */
  denormalizeInto(out: Float32Array, values: Float32Array, norm: number): void;
}

/** Creates the planes of a model. */
export function createPlanes({ numAntennas, numDelays }: CsiShape, normalization: PlaneNormalization): Planes {
  const { centre, gain } = normalization;
  const numComponents = 2 * numAntennas * numDelays;
  const mapInto = (out: Float32Array, values: Float32Array, norm: number) => {
    for (let i = 0; i < out.length; i++) out[i] = centre + (gain * (values[i] as number)) / norm;
  };
  const isSpherical = normalization.kind === 'spherical';
  return {
    numAntennas,
    numDelays,
    dims: [2, numAntennas, numDelays],
    numComponents,
    ...(isSpherical ? gridNorm(normalization) : noNorm),
    normalize: (csi) => {
      const found = usableNorm(csi);
      const norm = isSpherical ? found : 1;
      const values = new Float32Array(numComponents);
      mapInto(values, csi.values, norm);
      return { input: { values }, norm };
    },
    uplinkInto: (out, uplink) => {
      const found = uplink === undefined ? 0 : uplinkNorm(uplink);
      if (uplink === undefined || found === 0) out.fill(centre);
      else mapInto(out, uplink, isSpherical ? found : 1);
    },
    denormalizeInto: (out, values, norm) => {
      for (let i = 0; i < out.length; i++) out[i] = (((values[i] as number) - centre) / gain) * norm;
    },
  };
}

function gridNorm({ scale }: PlaneNormalization & { readonly kind: 'spherical' }) {
  return {
    scaleBits: scale.bits,
    quantizeNorm: (norm: number) => quantizeScale(norm, scale).level,
    dequantizeNorm: (level: number) => dequantizeScale({ domain: 'scale', level }, scale),
  };
}

const noNorm = {
  scaleBits: 0,
  quantizeNorm: () => 0,
  dequantizeNorm: (level: number) => {
    if (level === 0) return 1;
    throw new CsiError('payload-invalid', `scale level is ${level}, must be 0: a fixed normalisation sends no norm`);
  },
};

/** Whether a network's output is CSI: every value finite. */
export const isFiniteCsi = (values: Float32Array): boolean => Number.isFinite(frobeniusNorm(values));
