import { decodeFrame, encodeFrame, type FrameKind, WireError } from '@edge-csi/proto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bodies, kinds } from './arbitraries.ts';
import { decodeUnchecked, encodeUnchecked } from './reference.ts';

const seed = 20190701;

describe('encodeFrame and decodeFrame', () => {
  it.each(kinds)('carry every valid %s unchanged', (kind: FrameKind) => {
    fc.assert(
      fc.property(bodies[kind] as fc.Arbitrary<never>, (value) => {
        expect(decodeFrame(encodeFrame(kind, value))).toEqual({ kind, value });
      }),
      { seed, numRuns: 200 },
    );
  });

  it.each(kinds)('agree with protobuf.js on every byte and field of a %s', (kind: FrameKind) => {
    fc.assert(
      fc.property(bodies[kind] as fc.Arbitrary<never>, (value) => {
        const bytes = encodeFrame(kind, value);
        const read = decodeUnchecked(bytes);
        expect(read.body).toBe(kind);
        const reencoded = encodeUnchecked(kind, read[kind] as Record<string, unknown>);
        expect(Buffer.compare(reencoded, bytes)).toBe(0);
        expect(decodeFrame(reencoded)).toEqual({ kind, value });
      }),
      { seed, numRuns: 100 },
    );
  });

  it('give bytes of their own: the whole buffer belongs to the frame', () => {
    const [value] = fc.sample(bodies.report, { seed, numRuns: 1 });
    const bytes = encodeFrame('report', value as never);
    expect(bytes.buffer.byteLength).toBe(bytes.length);
  });

  it('decode a frame that lies inside a larger buffer, as a view on it', () => {
    const [value] = fc.sample(bodies.uplink, { seed, numRuns: 1 });
    const frame = encodeFrame('uplink', value as never);
    const around = Buffer.alloc(frame.length + 20, 0xff);
    around.set(frame, 10);
    const decoded = decodeFrame(around.subarray(10, 10 + frame.length));
    expect(decoded).toEqual({ kind: 'uplink', value });
    if (decoded.kind !== 'uplink') throw new Error('unreachable');
    expect(decoded.value.csi.values.buffer).toBe(around.buffer);
  });

  it('leave behind what is not in the schema', () => {
    const [value] = fc.sample(bodies.hello, { seed, numRuns: 1 });
    const extra = { ...value, password: 'x' } as never;
    expect(decodeFrame(encodeFrame('hello', extra))).toEqual({ kind: 'hello', value });
  });

  it('throw nothing but WireError on 20,000 random and mutated frames, and what they accept encodes again', () => {
    const anyFrame = fc
      .constantFrom(...kinds)
      .chain((kind) => bodies[kind].map((value) => encodeFrame(kind, value as never)));
    const edit = fc.record({
      at: fc.nat(400),
      byte: fc.integer({ min: 0, max: 255 }),
      how: fc.constantFrom('set', 'set', 'set', 'insert', 'delete', 'cut'),
    });
    const mutated = fc.tuple(anyFrame, fc.array(edit, { minLength: 1, maxLength: 3 })).map(([frame, edits]) => {
      const bytes = [...frame];
      for (const { at, byte, how } of edits) {
        const i = at % (bytes.length + 1);
        if (how === 'set' && i < bytes.length) bytes[i] = byte;
        else if (how === 'insert') bytes.splice(i, 0, byte);
        else if (how === 'delete') bytes.splice(i, 1);
        else bytes.length = i;
      }
      return Uint8Array.from(bytes);
    });
    const random = fc.uint8Array({ maxLength: 120 });
    let accepted = 0;
    let refused = 0;
    fc.assert(
      fc.property(fc.oneof({ weight: 3, arbitrary: mutated }, { weight: 1, arbitrary: random }), (bytes) => {
        let frame: ReturnType<typeof decodeFrame>;
        try {
          frame = decodeFrame(bytes);
        } catch (error) {
          if (!(error instanceof WireError) || error.code !== 'bad-frame') throw error;
          refused++;
          return;
        }
        accepted++;
        expect(decodeFrame(encodeFrame(frame.kind, frame.value as never))).toEqual(frame);
      }),
      { seed, numRuns: 20_000 },
    );
    // Both outcomes must be common, or the property says little.
    expect(accepted).toBeGreaterThan(1000);
    expect(refused).toBeGreaterThan(1000);
  }, 60_000);
});
