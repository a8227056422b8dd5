import { csiMatrixOf, encodeFrame } from '@edge-csi/proto';
import { describe, expect, it } from 'vitest';
import { UplinkIntake } from '../../../bs-server/src/ingest/uplink-intake.ts';
import { Tally } from '../../../bs-server/src/ops/server-stats.ts';
import type { UplinkSample } from '../../../bs-server/src/queue/decode-job.ts';

const shape = { numAntennas: 2, numDelays: 1 };

function createIntake() {
  const accepted: UplinkSample[] = [];
  const tally = new Tally();
  const intake = new UplinkIntake({
    shapes: () => [shape],
    onUplink: (_ueId, sample) => accepted.push(sample),
    tally,
  });
  const csiOf = (values: readonly number[]) => ({ ...shape, values: Float32Array.from(values) });
  const send = (slot: number, values: readonly number[]) =>
    intake.message(encodeFrame('uplink', { ueId: 'ue-1', slot, csi: csiMatrixOf(csiOf(values)) }));
  const receive = (ueId: string, slot: number, values: readonly number[]) => {
    const uplink = { domain: 'angular-delay' as const, ...csiOf(values) };
    intake.receiveUplink(ueId, slot, uplink);
    return uplink;
  };
  return { send, receive, accepted, counts: () => [tally.uplinksAccepted.value, tally.uplinksInvalid.value] };
}

describe('UplinkIntake', () => {
  it('refuses an uplink that is all zero by name, and takes the next', () => {
    const { send, accepted, counts } = createIntake();
    expect(() => send(7, [0, -0, 0, 0])).toThrow(
      expect.objectContaining({ code: 'uplink-invalid', message: 'uplink of UE ue-1, slot 7 is all zero' }),
    );
    expect(accepted).toEqual([]);
    // The smallest float32 there is: not zero, though its square is no float32.
    send(8, [0, 0, 0, 2 ** -149]);
    expect(accepted.map(({ slot, values }) => [slot, values[3]])).toEqual([[8, 2 ** -149]]);
    expect(counts()).toEqual([1, 1]);
  });

  it('takes a copy of what a base band of this process hands over', () => {
    const { receive, accepted, counts } = createIntake();
    receive('ue-1', 3, [1, 2, 3, 4]).values.fill(0);
    expect(accepted).toEqual([{ slot: 3, ...shape, values: Float32Array.of(1, 2, 3, 4) }]);
    expect(() => receive('ue-1', 4, [1, Number.NaN, 0, 0])).toThrow(
      expect.objectContaining({ code: 'uplink-invalid', message: 'uplink of UE ue-1, slot 4 has NaN at value 1' }),
    );
    expect(counts()).toEqual([1, 1]);
  });

  it.each([
    ['no ue', 0, [1, 0, 0, 0], 'ueId is no ue, must be 1..64 characters of A-Z a-z 0-9 . _ : -'],
    ['ue-1', -1, [1, 0, 0, 0], 'slot is -1, must be an integer in 0..4294967295'],
    ['ue-1', 0, [1, 0], 'uplink.values has 2 values, must have 4'],
  ])('refuses an uplink that the wire could not carry either: %s, %d, %j', (ueId, slot, values, message) => {
    const { receive, accepted } = createIntake();
    expect(() => receive(ueId, slot, values)).toThrow(new RangeError(message));
    expect(accepted).toEqual([]);
  });
});
