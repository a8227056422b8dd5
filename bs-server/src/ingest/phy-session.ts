import { type CsiShape, frobeniusNorm } from '@edge-csi/csi';
import { decodeFrame, readCsiMatrixInto, type UplinkCsi, WireError } from '@edge-csi/proto';
import { sameShape, type UplinkSample } from '../join/uplink-ring.ts';
import type { Session } from '../net/peer.ts';

export interface PhySessionContext {
  /** Shapes of CSI that the models take at present. */
  readonly shapes: () => readonly CsiShape[];
  readonly accept: (ueId: string, sample: UplinkSample) => void;
  readonly onInvalid: () => void;
}

/** A base band's feed of uplink CSI. A matrix that cannot be used is refused by name; the feed goes on. */
export class PhySession implements Session {
  readonly #context: PhySessionContext;

  constructor(context: PhySessionContext) {
    this.#context = context;
  }

  message(bytes: Uint8Array): void {
    const frame = decodeFrame(bytes);
    if (frame.kind !== 'uplink') throw new WireError('bad-frame', `${frame.kind} is not expected from a base band`);
    const { ueId, slot, csi } = frame.value;
    const { numAntennas, numDelays } = csi;
    const shapes = this.#context.shapes();
    if (!shapes.some((shape) => sameShape(shape, csi))) {
      const taken = new Set(shapes.map((shape) => `${shape.numAntennas} x ${shape.numDelays}`));
      throw this.#invalid(frame.value, `is ${numAntennas} x ${numDelays}, the models take ${[...taken].join(', ')}`);
    }
    const values = new Float32Array(2 * numAntennas * numDelays);
    readCsiMatrixInto(values, csi);
    // The sum of squares of float32 cannot overflow in float64: it is finite exactly where every value is.
    const norm = frobeniusNorm(values);
    if (!Number.isFinite(norm)) {
      const at = values.findIndex((value) => !Number.isFinite(value));
      throw this.#invalid(frame.value, `has ${values[at]} at value ${at}`);
    }
    if (norm === 0) throw this.#invalid(frame.value, 'is all zero');
    this.#context.accept(ueId, { slot, numAntennas, numDelays, values });
  }

  /** Nothing belongs to a feed: the uplinks it brought stay. */
  closed(): void {
    return;
  }

  #invalid({ ueId, slot }: UplinkCsi, problem: string): WireError {
    this.#context.onInvalid();
    return new WireError('uplink-invalid', `uplink of UE ${ueId}, slot ${slot} ${problem}`);
  }
}
