import type { AngularDelayCsi, BitString, CsiShape, NormalizedMagnitude, NormalizedParts, Scale } from '../../csi.ts';
import { CsiError } from '../../errors.ts';
import { uplinkMagnitudeInto, uplinkPartsInto } from '../../uplink/input.ts';
import {
  dequantizeScale,
  invertMinmaxInto,
  MINMAX_FLOOR,
  type MinmaxRange,
  normalizeMinmax,
  normalizePartsSpherical,
  normalizeSpherical,
  quantizeScale,
  type ScaleSpec,
  uplinkMinmaxInto,
} from './normalize.ts';
import { encodePhase, encodeSigns, reconstructFromSignsInto, reconstructInto } from './phase-coder.ts';

/** How components are scaled before a network sees them, with its constants. */
export type NormalizationSpec =
  | { readonly kind: 'spherical'; readonly scale: ScaleSpec }
  | { readonly kind: 'minmax'; readonly downlink: MinmaxRange; readonly uplink: MinmaxRange };

/** What a model says of how its networks see CSI. Plain data: it crosses to other threads. */
export interface RepresentationSpec extends CsiShape {
  /** The non-negative real components of complex CSI that the networks work on: |h|, or |Re| and |Im|. */
  readonly planes: 'magnitude' | 'absolute-parts';
  readonly normalization: NormalizationSpec;
}

/** Everything complex CSI is rebuilt from. */
export interface ComponentReport {
  /** Denormalised components, relative to the norm, `[numComponents]`. */
  readonly components: Float32Array;
  /** Phase or sign bits of each component, `[numComponents]`. */
  readonly bits: Uint8Array;
  /** Packed phase codes or signs. */
  readonly phase: Uint8Array;
  /** Norm of the matrix, linear. */
  readonly norm: number;
}

/**
 * How a model's networks see CSI: the one way from complex CSI to network input, and from network output with its
 * phase bits back, for UE and BS alike.
 */
export interface Representation extends CsiShape {
  /**
   * The tensor that the encoder takes and the decoder returns: its name, and the dims of one sample. The decoder's
   * input `uplink` has the same dims.
   */
  readonly tensor: { readonly name: 'magnitude' | 'parts'; readonly dims: readonly number[] };
  /** Values of one sample of that tensor, which the phase allocation has as many of. */
  readonly numComponents: number;
  /** Bits of the norm on the wire; 0 where none is sent, and its level is 0 then. */
  readonly scaleBits: number;
  /** A norm that `quantizeNorm` takes, linear, for made-up CSI. */
  readonly trialNorm: number;
  /**
   * Makes an encoder's input.
   *
   * @returns also the norm it was divided by, linear: 1 where it was not
   * @throws CsiError `csi-invalid` where the matrix is not usable.
   */
  normalize(csi: AngularDelayCsi): { readonly input: NormalizedMagnitude | NormalizedParts; readonly norm: number };
  /** @throws CsiError `csi-invalid` where the norm is off the grid. */
  quantizeNorm(norm: number): Scale;
  /** @throws CsiError `payload-invalid` where the level is not on the grid. */
  dequantizeNorm(scale: Scale): number;
  /**
   * Writes what the decoder's `uplink` is of one sample, `[numComponents]`, as it stands: the BS denoises it before, by
   * `createUplinkInput`.
   *
   * @param uplink - uplink CSI, planar `[2][numAntennas][numDelays]`; undefined stands for all zero
   * @throws CsiError `csi-invalid` where a value is not finite.
   */
  uplinkInto(out: Float32Array, uplink: Float32Array | undefined): void;
  /** Turns decoder output of any number of samples, in place, into components relative to the norm. */
  denormalize(output: Float32Array): void;
  /** Packs the phases or signs of CSI, `bits` of each component, `[numComponents]`. */
  encodePhase(csi: AngularDelayCsi, bits: Uint8Array): BitString;
  /**
   * Rebuilds complex CSI, planar `[2][numAntennas][numDelays]`; 0 where a component has no bits.
   *
   * @throws CsiError `payload-invalid` where `phase` is not as long as `bits` says or has non-zero padding.
   */
  reconstructInto(out: Float32Array, report: ComponentReport): void;
}

/** @throws CsiError `model-invalid` where absolute parts are to be normalised by minmax, whose ranges are of |h|. */
export function createRepresentation(spec: RepresentationSpec): Representation {
  const { planes, normalization } = spec;
  if (planes === 'magnitude') {
    return normalization.kind === 'spherical'
      ? { ...magnitudes(spec), ...sphericalMagnitudes(normalization.scale) }
      : { ...magnitudes(spec), ...minmaxMagnitudes(normalization.downlink, normalization.uplink) };
  }
  if (normalization.kind === 'spherical') return { ...parts(spec), ...sphericalParts(normalization.scale) };
  throw new CsiError('model-invalid', `planes are ${planes}, which ${normalization.kind} does not normalise`);
}

/** What depends on the components alone. */
type Components = CsiShape & Pick<Representation, 'tensor' | 'numComponents' | 'encodePhase' | 'reconstructInto'>;
type Normalization = Omit<Representation, keyof Components>;

function magnitudes({ numAntennas, numDelays }: CsiShape): Components {
  return {
    numAntennas,
    numDelays,
    tensor: { name: 'magnitude', dims: [numAntennas, numDelays] },
    numComponents: numAntennas * numDelays,
    encodePhase,
    reconstructInto: (out, { components, bits, phase, norm }) =>
      reconstructInto(out, { magnitude: components, bits, phase, norm }),
  };
}

function parts({ numAntennas, numDelays }: CsiShape): Components {
  return {
    numAntennas,
    numDelays,
    tensor: { name: 'parts', dims: [2, numAntennas, numDelays] },
    numComponents: 2 * numAntennas * numDelays,
    encodePhase: encodeSigns,
    reconstructInto: (out, { components, bits, phase, norm }) =>
      reconstructFromSignsInto(out, { parts: components, bits, signs: phase, norm }),
  };
}

function sphericalMagnitudes(scale: ScaleSpec): Normalization {
  return {
    ...normInDb(scale),
    normalize: (csi) => {
      const { magnitude, norm } = normalizeSpherical(csi);
      return { input: magnitude, norm };
    },
    uplinkInto: (out, uplink) => {
      if (uplink === undefined) out.fill(0);
      else uplinkMagnitudeInto(out, uplink);
    },
    denormalize: () => undefined,
  };
}

function sphericalParts(scale: ScaleSpec): Normalization {
  return {
    ...normInDb(scale),
    normalize: (csi) => {
      const { parts: input, norm } = normalizePartsSpherical(csi);
      return { input, norm };
    },
    uplinkInto: (out, uplink) => {
      if (uplink === undefined) out.fill(0);
      else uplinkPartsInto(out, uplink);
    },
    denormalize: () => undefined,
  };
}

function minmaxMagnitudes(downlink: MinmaxRange, uplink: MinmaxRange): Normalization {
  return {
    scaleBits: 0,
    trialNorm: downlink.max,
    normalize: (csi) => ({ input: normalizeMinmax(csi, downlink), norm: 1 }),
    quantizeNorm: () => ({ domain: 'scale', level: 0 }),
    dequantizeNorm: ({ level }) => {
      if (level === 0) return 1;
      throw new CsiError('payload-invalid', `scale level is ${level}, must be 0: minmax sends no norm`);
    },
    uplinkInto: (out, values) => {
      if (values === undefined) out.fill(MINMAX_FLOOR);
      else uplinkMinmaxInto(out, values, uplink);
    },
    denormalize: (output) => invertMinmaxInto(output, output, downlink),
  };
}

function normInDb(
  scale: ScaleSpec,
): Pick<Normalization, 'scaleBits' | 'trialNorm' | 'quantizeNorm' | 'dequantizeNorm'> {
  return {
    scaleBits: scale.bits,
    // In the middle of the grid, wherever that lies.
    trialNorm: dequantizeScale({ domain: 'scale', level: 2 ** (scale.bits - 1) }, scale),
    quantizeNorm: (norm) => quantizeScale(norm, scale),
    dequantizeNorm: (level) => dequantizeScale(level, scale),
  };
}
