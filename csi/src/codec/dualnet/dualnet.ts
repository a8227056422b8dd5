import type { RateKnob } from '../codec.ts';
import type { CodewordStatistics } from '../codeword-drift.ts';
import type { RepresentationSpec } from './representation.ts';

/**
 * What a model says of its codec. Plain data: it crosses to other threads.
 *
 * The codec is that of DualNet-MAG and DualNet-ABS (Liu, Zhang, Ding, IEEE WCL 8(3), 2019): a network makes a codeword of
 * magnitudes, or of absolute parts; phases, or signs, are coded beside it, with the bits that both ends derive from the codeword.
 */
export interface DualnetSpec {
  readonly kind: 'dualnet';
  /** The model's, for messages. */
  readonly id: string;
  readonly representation: RepresentationSpec;
  readonly codeword: {
    /** Bits of each component at full rate, 1..8. */
    readonly bits: readonly number[];
    /** Quantiser step of each component, in units of the latent. */
    readonly step: readonly number[];
    readonly statistics?: CodewordStatistics | undefined;
  };
  readonly phase: {
    /** Most phase bits of one entry; 1 where signs are sent. */
    readonly maxBits: number;
    /** The model's own theta. */
    readonly theta: number;
  };
  /** As `createPhaseAllocation` takes it. */
  readonly allocation: Uint8Array;
  /** Whether the BS has a network that corrects its estimates. */
  readonly hasRefiner: boolean;
  /** Whether any network of the BS takes the uplink; so it is where nobody has looked. */
  readonly usesUplink?: boolean;
}

/** Bits that every codeword component drops, and the phase rate. */
export const dualnetBounds = {
  codewordTruncation: { min: 0, max: 7 },
  phaseTheta: { min: 1, max: 2 ** 24 },
} as const;

/** The rate knobs of a model. */
export function dualnetKnobs({ phase }: DualnetSpec): RateKnob[] {
  return [
    {
      name: 'codewordTruncation',
      ...{ ...dualnetBounds.codewordTruncation, default: 0, perModel: false },
      coarser: (truncation, steps) => truncation + steps,
    },
    {
      name: 'phaseTheta',
      ...{ ...dualnetBounds.phaseTheta, default: phase.theta, perModel: true },
      // Each doubling takes about one bit from every entry that has any.
      coarser: (theta, steps) => theta * 2 ** steps,
    },
  ];
}

/** Bits of one payload. `phase` counts phase codes, or the signs of a model on absolute parts. */
export function dualnetBits(codeword: number, scale: number, phase: number) {
  return { codeword, phase, scale, total: codeword + phase + scale };
}
