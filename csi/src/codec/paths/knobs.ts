import type { Rate, RateKnob } from '../codec.ts';
import { MOVING_BITS } from './doppler.ts';
import type { PathCodecSpec } from './spec.ts';

/** What a model of path reports says of its codec: no networks, tables only. Plain data: it crosses to other threads. */
export interface PathsSpec {
  readonly kind: 'paths';
  /** The model's, for messages. */
  readonly id: string;
  readonly codec: PathCodecSpec;
  /** Downlink carrier over uplink carrier; 1 unless told. */
  readonly carrierRatio?: number;
  /** Values of the knobs where the BS asks for none. */
  readonly rate: PathKnobs;
}

/** The rate knobs of path reports. */
export interface PathKnobs {
  /** No report is longer. Alone, it asks for the least error of that many bits. */
  readonly maxPayloadBits: number;
  /**
   * Squared error that a bit has to save, in tenths of a dB below the energy of the matrix: 300 is 1e-3. Reports of simple
   * channels end early then. 0: a bit costs nothing up to the cap.
   */
  readonly bitPriceTenthDb: number;
}

export const pathBounds = {
  maxPayloadBits: { min: 40, max: 2000 },
  bitPriceTenthDb: { min: 0, max: 1000 },
} as const;

/** A step towards fewer bits: a quarter of the cap, or a price three times as high, which is 50 bits of 200. */
const CAP_FACTOR = 0.75;
const PRICE_STEP_TENTH_DB = 50;

export function pathKnobs({ rate, codec: { doppler } }: PathsSpec): RateKnob[] {
  const { bitPriceTenthDb } = pathBounds;
  const prefixBits = doppler === false ? 0 : MOVING_BITS;
  const maxPayloadBits = { ...pathBounds.maxPayloadBits, min: pathBounds.maxPayloadBits.min + prefixBits };
  return [
    {
      name: 'maxPayloadBits',
      ...{ ...maxPayloadBits, default: rate.maxPayloadBits, perModel: false },
      coarser: (bits, steps) => Math.max(maxPayloadBits.min, Math.floor(bits * CAP_FACTOR ** steps)),
    },
    {
      name: 'bitPriceTenthDb',
      ...{ ...bitPriceTenthDb, default: rate.bitPriceTenthDb, perModel: false },
      // Without a price the cap alone gets lower: 0 is the lowest price, not the highest.
      coarser: (price, steps) => (price === 0 ? 0 : Math.max(1, price - steps * PRICE_STEP_TENTH_DB)),
    },
  ];
}

/** Every knob with its value. */
export function pathRate(spec: PathsSpec, rate: Rate): PathKnobs {
  const { maxPayloadBits = spec.rate.maxPayloadBits, bitPriceTenthDb = spec.rate.bitPriceTenthDb } = rate;
  return { maxPayloadBits, bitPriceTenthDb };
}

export function pathsShape({ codec: { antennas, numDelays } }: PathsSpec) {
  return { numAntennas: antennas[0] * antennas[1], numDelays };
}
