import { type AngularDelayCsi, type CsiShape, frobeniusNorm, sameShape } from '@edge-csi/csi';
import { decodeFrame, readCsiMatrixInto, WireError } from '@edge-csi/proto';
import * as v from 'valibot';
import type { FrameHandler } from '../net/connection.ts';
import type { BaseBand } from '../net/pages.ts';
import { checked, integerIn, optionsOf, text } from '../ops/check.ts';
import type { Tally } from '../ops/server-stats.ts';
import type { UplinkSample } from '../queue/decode-job.ts';

export interface UplinkIntakeParts {
  /** Shapes of CSI that the models take at present. */
  readonly shapes: () => readonly CsiShape[];
  readonly onUplink: (ueId: string, sample: UplinkSample) => void;
  readonly tally: Pick<Tally, 'uplinksAccepted' | 'uplinksInvalid'>;
}

/** Whose uplink it is, as the wire can say it. */
const addressSchema = optionsOf({
  ueId: v.pipe(text, v.regex(/^[\w.:-]{1,64}$/, 'must be 1..64 characters of A-Z a-z 0-9 . _ : -')),
  slot: integerIn(0, 2 ** 32 - 1),
});

/**
 * Takes uplink CSI from base bands, over the wire or in this process. A matrix that cannot be used is refused by name; the
 * feed goes on.
 */
export class UplinkIntake implements BaseBand, FrameHandler {
  readonly #parts: UplinkIntakeParts;

  constructor(parts: UplinkIntakeParts) {
    this.#parts = parts;
  }

  message(bytes: Uint8Array): void {
    const frame = decodeFrame(bytes);
    if (frame.kind !== 'uplink') throw new WireError('bad-frame', `${frame.kind} is not expected from a base band`);
    const { ueId, slot, csi } = frame.value;
    this.#take(ueId, slot, csi, (values) => readCsiMatrixInto(values, csi));
  }

  receiveUplink(ueId: string, slot: number, uplink: AngularDelayCsi): void {
    checked(addressSchema, { ueId, slot });
    const { numAntennas, numDelays, values } = uplink;
    const expected = 2 * numAntennas * numDelays;
    if (values.length !== expected) {
      throw new RangeError(`uplink.values has ${values.length} values, must have ${expected}`);
    }
    this.#take(ueId, slot, uplink, (copy) => copy.set(values));
  }

  /** Nothing belongs to a feed: the uplinks it brought stay. */
  closed(): void {
    return;
  }

  #take(ueId: string, slot: number, shape: CsiShape, readInto: (values: Float32Array) => void): void {
    const { shapes, onUplink, tally } = this.#parts;
    const invalid = (problem: string) => {
      tally.uplinksInvalid.add();
      return new WireError('uplink-invalid', `uplink of UE ${ueId}, slot ${slot} ${problem}`);
    };
    const { numAntennas, numDelays } = shape;
    if (!shapes().some((known) => sameShape(known, shape))) {
      const taken = new Set(shapes().map((known) => `${known.numAntennas} x ${known.numDelays}`));
      throw invalid(`is ${numAntennas} x ${numDelays}, the models take ${[...taken].join(', ')}`);
    }
    const values = new Float32Array(2 * numAntennas * numDelays);
    readInto(values);
    // The sum of squares of float32 cannot overflow in float64: it is finite exactly where every value is.
    const norm = frobeniusNorm(values);
    if (!Number.isFinite(norm)) {
      const at = values.findIndex((value) => !Number.isFinite(value));
      throw invalid(`has ${values[at]} at value ${at}`);
    }
    if (norm === 0) throw invalid('is all zero');
    tally.uplinksAccepted.add();
    onUplink(ueId, { slot, numAntennas, numDelays, values });
  }
}
