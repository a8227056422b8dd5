import { type ChannelPaths, CsiError } from '@edge-csi/csi';
import { type CsiMatrix, csiPathsOf, decodeFrame, encodeFrame } from '@edge-csi/proto';
import { describe, expect, it } from 'vitest';
import {
  EstimateStream,
  type PublishedEstimate,
  SubscriberSession,
} from '../../../bs-server/src/publish/estimate-stream.ts';

class FakeSubscriber {
  bufferedBytes = 0;
  readonly frames: Uint8Array[] = [];

  send(frame: Uint8Array): void {
    this.frames.push(frame);
  }
}

function estimate(seq: number): PublishedEstimate {
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
    expectedError: 0,
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
      get csi(): CsiMatrix {
        throw new Error('made for nobody');
      },
    };
    stream.publish(unread);
    stream.add(slow);
    stream.publish(unread);
    expect(stream.skipped).toBe(1);
  });
});

const paths: ChannelPaths = {
  antennas: [1, 1],
  numSubcarriers: 4,
  coefficientsPerPath: 1,
  spatialFrequency: Float32Array.of(0, 0),
  delaySamples: Float32Array.of(0.5),
  gain: Float32Array.of(1, -1),
  response: new Float32Array(0),
  dopplerCyclesPerSlot: new Float32Array(1),
  spanSlots: 0,
};

function formOf({ frames }: FakeSubscriber): (string | undefined)[] {
  return frames.map((frame) => {
    const { kind, value } = decodeFrame(frame);
    if (kind !== 'estimate') return kind;
    if (value.paths !== undefined) expect(value.paths).toEqual(csiPathsOf(paths));
    return [value.csi && 'matrix', value.paths && 'paths'].filter(Boolean).join(' and ');
  });
}

describe('the forms of an estimate', () => {
  it('are made as they are asked for, paths once for all, and a matrix of what has no paths', () => {
    const stream = new EstimateStream(100);
    const forms = ['matrix', 'paths', 'paths', 'matrix-and-paths'] as const;
    const subscribers = forms.map(() => new FakeSubscriber());
    for (const [i, form] of forms.entries()) stream.add(subscribers[i] as FakeSubscriber, form);
    let reads = 0;
    const readPaths = () => {
      reads++;
      return paths;
    };
    stream.publish({ ...estimate(1), readPaths });
    stream.publish(estimate(2));
    expect(reads).toBe(1);
    expect(subscribers.map(formOf)).toEqual([
      ['matrix', 'matrix'],
      ['paths', 'matrix'],
      ['paths', 'matrix'],
      ['matrix and paths', 'matrix'],
    ]);
  });

  it('fall back to the matrix where a record does not decode here', () => {
    const stream = new EstimateStream(100);
    const subscriber = new FakeSubscriber();
    stream.add(subscriber, 'paths');
    const readPaths = () => {
      throw new CsiError('payload-invalid', 'of another release');
    };
    stream.publish({ ...estimate(1), readPaths });
    expect(formOf(subscriber)).toEqual(['matrix']);
  });

  it('change when the subscriber says so, which may say nothing else', () => {
    const stream = new EstimateStream(100);
    const subscriber = new FakeSubscriber();
    const session = new SubscriberSession(subscriber as never, stream);
    const publish = () => stream.publish({ ...estimate(1), readPaths: () => paths });
    publish();
    session.message(encodeFrame('subscribe', { form: 'paths' }));
    publish();
    session.message(encodeFrame('subscribe', { form: 'matrix' }));
    publish();
    expect(formOf(subscriber)).toEqual(['matrix', 'paths', 'matrix']);
    expect(() => session.message(encodeFrame('ack', { seqs: [1], outcomes: ['decoded'] }))).toThrow(
      'ack is not expected from a subscriber',
    );
    session.closed();
    expect(stream.subscribers).toBe(0);
  });
});
