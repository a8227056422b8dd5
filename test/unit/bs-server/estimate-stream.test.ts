import { type ChannelEstimate, decodeFrame } from '@edge-csi/proto';
import { describe, expect, it } from 'vitest';
import { EstimateStream } from '../../../bs-server/src/publish/estimate-stream.ts';

class FakeSubscriber {
  bufferedBytes = 0;
  readonly frames: Uint8Array[] = [];

  send(frame: Uint8Array): void {
    this.frames.push(frame);
  }
}

function estimate(seq: number): ChannelEstimate {
  const csi = {
    numAntennas: 1,
    numDelays: 1,
    domain: 'angular-delay',
    encoding: 'float32',
    values: new Uint8Array(8),
  } as const;
  return {
    ueId: 'a',
    epoch: 1,
    seq,
    slot: 1,
    modelId: 'm',
    csi,
    quality: 'fresh',
    ageMs: 1,
    queueMs: 1,
    decodeMs: 1,
    receivedMs: 1,
    payloadBits: 8,
  };
}

function seqsOf({ frames }: FakeSubscriber): number[] {
  return frames.map((frame) => {
    const { kind, value } = decodeFrame(frame);
    return kind === 'estimate' ? value.seq : -1;
  });
}

describe('EstimateStream', () => {
  it('sends each estimate to every subscriber', () => {
    const stream = new EstimateStream(100);
    const [one, two] = [new FakeSubscriber(), new FakeSubscriber()];
    stream.add(one);
    stream.publish(estimate(1));
    stream.add(two);
    stream.publish(estimate(2));
    stream.remove(one);
    stream.publish(estimate(3));
    expect([seqsOf(one), seqsOf(two)]).toEqual([
      [1, 2],
      [2, 3],
    ]);
    expect([stream.sent, stream.skipped]).toEqual([4, 0]);
  });

  it('skips a subscriber that does not keep up, counts it, and gives it the newest once it has caught up', () => {
    const stream = new EstimateStream(100);
    const [slow, quick] = [new FakeSubscriber(), new FakeSubscriber()];
    stream.add(slow);
    stream.add(quick);
    slow.bufferedBytes = 101;
    stream.publish(estimate(1));
    stream.publish(estimate(2));
    slow.bufferedBytes = 100;
    stream.publish(estimate(3));
    expect([seqsOf(slow), seqsOf(quick)]).toEqual([[3], [1, 2, 3]]);
    expect([stream.sent, stream.skipped]).toEqual([4, 2]);
  });

  it('makes no message that nobody takes', () => {
    const stream = new EstimateStream(100);
    const slow = new FakeSubscriber();
    slow.bufferedBytes = 101;
    const unread = {
      ...estimate(1),
      get csi(): ChannelEstimate['csi'] {
        throw new Error('made for nobody');
      },
    };
    stream.publish(unread);
    stream.add(slow);
    stream.publish(unread);
    expect(stream.skipped).toBe(1);
  });
});
