import { decodeFrame, encodeFrame, WireError } from '@edge-csi/proto';
import { describe, expect, it } from 'vitest';

const reject = encodeFrame('reject', { code: 'overload', message: 'é', retryable: true, seq: 3 });

/** A Frame around hand-written bytes of one body. */
const frame = (field: number, body: readonly number[]) => Uint8Array.of((field << 3) | 2, body.length, ...body);
const concat = (...parts: Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));
const rejectBody = [...reject.subarray(2)];

function refusal(bytes: Uint8Array): string {
  try {
    decodeFrame(bytes);
  } catch (error) {
    if (error instanceof WireError && error.code === 'bad-frame' && error.closeCode === 4400) return error.message;
    throw error;
  }
  throw new Error('accepted');
}

describe('decodeFrame on raw bytes', () => {
  it('refuses an empty message', () => {
    expect(refusal(new Uint8Array(0))).toBe('frame: empty');
  });

  it('refuses a frame without a known body', () => {
    expect(refusal(frame(15, [1, 2, 3]))).toBe('frame: no known body');
  });

  it('refuses two bodies and the same body twice', () => {
    const ack = encodeFrame('ack', { seqs: [1], outcomes: ['decoded'] });
    expect(refusal(concat(reject, ack))).toBe('frame: more than one body');
    expect(refusal(concat(reject, reject))).toBe('reject: sent twice');
  });

  it('refuses a singular field sent twice', () => {
    expect(refusal(frame(6, [...rejectBody, 0x20, 4]))).toBe('reject.seq: sent twice');
  });

  it('refuses a wrong wire type on a known field, at any depth', () => {
    expect(refusal(Uint8Array.of(0x30, 1))).toBe('reject: wire type 0, expected 2');
    expect(refusal(frame(6, [0x22, 1, 4]))).toBe('reject.seq: wire type 2, expected 0');
    expect(refusal(frame(8, [0x40, 1]))).toBe('estimate.ageMs: wire type 0, expected 1');
    expect(refusal(frame(5, [0x0a, 4, 0x12, 2, 0x10, 1]))).toBe(
      'reconfigure.config.model.sha256: wire type 0, expected 2',
    );
  });

  it('refuses integers over 32 bits, which would wrap', () => {
    expect(refusal(frame(6, [0x20, 0x80, 0x80, 0x80, 0x80, 0x10]))).toBe('reject.seq: integer over 32 bits');
    expect(refusal(frame(6, [0x20, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00]))).toBe('reject.seq: integer over 32 bits');
    expect(refusal(frame(4, [0x0a, 5, 0x80, 0x80, 0x80, 0x80, 0x10]))).toBe('ack.seqs: integer over 32 bits');
  });

  it('refuses truncated and trailing bytes', () => {
    expect(refusal(reject.subarray(0, reject.length - 1))).toMatch(/^reject: truncated/);
    expect(refusal(concat(reject, Uint8Array.of(0x80)))).toBe('frame: truncated');
    expect(refusal(concat(reject, Uint8Array.of(0)))).toBe('frame: field number 0');
    expect(refusal(frame(6, [0x0a, 9, 65]))).toBe('reject.code: truncated: 1 of 9 bytes');
    expect(refusal(frame(4, [0x0a, 1, 0x80]))).toBe('ack.seqs: truncated');
    expect(refusal(frame(8, [0x41, 0, 0]))).toBe('estimate.ageMs: truncated: 2 of 8 bytes');
  });

  describe('of a message with fields that must be there', () => {
    const report = [0x08, 1, 0x10, 1, 0x18, 0, 0x22, 1, 0x61, 0x28, 1, 0x32, 1, 7, 0x38, 0, 0x48, 8, 0x50, 0];
    const csi = [0x08, 1, 0x10, 1, 0x18, 1, 0x20, 2, 0x2a, 4, 0, 0, 0, 0];
    const uplink = [0x0a, 1, 0x61, 0x10, 0, 0x1a, csi.length, ...csi];

    it('reads zeros that are there, and writes them', () => {
      const frames = [frame(3, report), frame(7, uplink)];
      const [first, second] = frames.map((bytes) => decodeFrame(bytes));
      expect(first).toMatchObject({ kind: 'report', value: { slot: 0, scale: 0, processingUs: 0 } });
      expect(second).toMatchObject({ kind: 'uplink', value: { slot: 0 } });
      for (const decoded of [first, second]) {
        expect(decodeFrame(encodeFrame(decoded?.kind as never, decoded?.value as never))).toEqual(decoded);
      }
    });

    it.each([
      ['report.slot', 3, report, 0x18],
      ['report.scale', 3, report, 0x38],
      ['report.processingUs', 3, report, 0x50],
      ['uplink.slot', 7, uplink, 0x10],
    ])('refuses one without %s', (name, field, body, tag) => {
      const at = body.indexOf(tag);
      expect(refusal(frame(field, body.toSpliced(at, 2)))).toBe(`${name}: missing`);
    });
  });

  it('refuses groups', () => {
    expect(refusal(concat(reject, Uint8Array.of(0x7b, 0x7c)))).toBe('frame field 15: wire type 3 is not in use');
  });

  it('refuses strings that are not UTF-8', () => {
    expect(refusal(frame(6, [0x0a, 1, 120, 0x12, 1, 0xff]))).toBe('reject.message: not UTF-8');
  });

  it('accepts unknown fields of every wire type in use, for later versions', () => {
    const unknown = [
      0x78, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0x79, 1, 2, 3, 4, 5, 6, 7, 8, 0x7a, 2, 1, 2,
      0x7d, 1, 2, 3, 4,
    ];
    const expected = decodeFrame(reject);
    expect(decodeFrame(frame(6, [...rejectBody, ...unknown]))).toEqual(expected);
    expect(decodeFrame(concat(Uint8Array.from(unknown), reject))).toEqual(expected);
  });

  it('refuses unknown fields that are cut short', () => {
    expect(refusal(concat(reject, Uint8Array.of(0x79, 1, 2)))).toBe('frame field 15: truncated: 2 of 8 bytes');
    expect(refusal(concat(reject, Uint8Array.of(0x78, 0x80)))).toBe('frame field 15: truncated');
    expect(refusal(concat(reject, Uint8Array.of(0x78, ...Array(10).fill(0x80), 0)))).toBe(
      'frame field 15: integer over 64 bits',
    );
  });

  it('accepts repeated integers packed and one by one', () => {
    const packed = decodeFrame(frame(4, [0x0a, 2, 1, 2, 0x12, 2, 1, 3]));
    const single = decodeFrame(frame(4, [0x08, 1, 0x08, 2, 0x10, 1, 0x10, 3]));
    expect(packed).toEqual({ kind: 'ack', value: { seqs: [1, 2], outcomes: ['decoded', 'late'] } });
    expect(single).toEqual(packed);
  });
});
