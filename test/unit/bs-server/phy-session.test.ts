import { csiMatrixOf, encodeFrame } from '@edge-csi/proto';
import { describe, expect, it } from 'vitest';
import { PhySession } from '../../../bs-server/src/ingest/phy-session.ts';
import type { UplinkSample } from '../../../bs-server/src/join/uplink-ring.ts';

const shape = { numAntennas: 2, numDelays: 1 };

function createSession() {
  const accepted: UplinkSample[] = [];
  let invalid = 0;
  const session = new PhySession({
    shapes: () => [shape],
    accept: (_ueId, sample) => accepted.push(sample),
    onInvalid: () => invalid++,
  });
  const send = (slot: number, values: readonly number[]) =>
    session.message(
      encodeFrame('uplink', { ueId: 'ue-1', slot, csi: csiMatrixOf({ ...shape, values: Float32Array.from(values) }) }),
    );
  return { send, accepted, invalid: () => invalid };
}

describe('PhySession', () => {
  it('refuses an uplink that is all zero by name, and takes the next', () => {
    const { send, accepted, invalid } = createSession();
    expect(() => send(7, [0, -0, 0, 0])).toThrow(
      expect.objectContaining({ code: 'uplink-invalid', message: 'uplink of UE ue-1, slot 7 is all zero' }),
    );
    expect([accepted.length, invalid()]).toEqual([0, 1]);
    // The smallest float32 there is: not zero, though its square is no float32.
    send(8, [0, 0, 0, 2 ** -149]);
    expect(accepted.map(({ slot, values }) => [slot, values[3]])).toEqual([[8, 2 ** -149]]);
    expect(invalid()).toBe(1);
  });
});
