import type { CsiShape } from '../../csi.ts';
import type { RateKnob } from '../codec.ts';
import type { CodewordStatistics } from '../codeword-drift.ts';
import { dualnetBounds } from '../dualnet/dualnet.ts';
import type { ScaleSpec } from '../dualnet/normalize.ts';

/**
 * How real and imaginary parts become what the networks see: `centre + gain * h`, where `spherical` divides h by the norm of
 * its matrix first and reports the norm, and `fixed` leaves h as it is and reports none.
 */
export type PlaneNormalization = { readonly centre: number; readonly gain: number } & (
  | { readonly kind: 'spherical'; readonly scale: ScaleSpec }
  | { readonly kind: 'fixed' }
);

/** Names of the networks' inputs and outputs, which exporters choose as they like. */
export interface ComplexTensors {
  readonly encoder: { readonly csi: string; readonly codeword: string };
  /** `uplink` is absent where the decoder takes none. */
  readonly decoder: { readonly codeword: string; readonly uplink?: string | undefined; readonly csi: string };
}

/**
 * What a model of complex CSI says of its codec. Plain data: it crosses to other threads.
 *
 * The codec is that of CsiNet (Wen, Shih, Jin, IEEE WCL 7(5), 2018) and of the networks after it, CRNet, CLNet, TransNet, STNet:
 * real and imaginary parts as two planes become a codeword and are rebuilt from it. No phases are coded beside it.
 */
export interface ComplexSpec {
  readonly kind: 'csi';
  /** The model's, for messages. */
  readonly id: string;
  readonly shape: CsiShape;
  readonly normalization: PlaneNormalization;
  readonly tensors: ComplexTensors;
  readonly codeword: {
    /** Bits of each component at full rate, 1..8. */
    readonly bits: readonly number[];
    /** Quantiser step of each component, in units of the codeword. */
    readonly step: readonly number[];
    /** What each component is centred on before it is quantised: networks of this kind promise no zero mean. */
    readonly offset: readonly number[];
    readonly statistics?: CodewordStatistics | undefined;
  };
}

/** The rate knobs of a model. */
export function complexKnobs(): RateKnob[] {
  return [
    {
      name: 'codewordTruncation',
      ...{ ...dualnetBounds.codewordTruncation, default: 0, perModel: false },
      coarser: (truncation, steps) => truncation + steps,
    },
  ];
}

/** A norm in the middle of what a model takes, linear, for made-up CSI. */
export function trialNormOf({ shape, normalization }: Pick<ComplexSpec, 'shape' | 'normalization'>): number {
  if (normalization.kind === 'fixed')
    return Math.sqrt(2 * shape.numAntennas * shape.numDelays) / (4 * normalization.gain);
  const { minDb, stepDb, bits } = normalization.scale;
  return 10 ** ((minDb + stepDb * 2 ** (bits - 1)) / 20);
}
