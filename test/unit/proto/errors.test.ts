import { decodeFrame, encodeFrame, rejectOf, WireError, wireErrorOf, wireErrorOfClose } from '@edge-csi/proto';
import { describe, expect, it } from 'vitest';

describe('WireError', () => {
  it.each([
    ['bad-frame', 4400, false],
    ['protocol-version', 4400, false],
    ['unauthorized', 4401, false],
    ['model-unknown', 4404, false],
    ['model-mismatch', 4404, false],
    ['timeout', 4408, true],
    ['duplicate-ue', 4409, false],
    ['overload', 4429, true],
    ['shutting-down', 1001, true],
    ['internal', 1011, true],
    ['report-invalid', undefined, false],
    ['uplink-invalid', undefined, false],
  ] as const)('%s closes with %s, retryable: %s, and survives the wire', (code, closeCode, retryable) => {
    const error = new WireError(code, 'why', { seq: 5 });
    expect(error).toMatchObject({ code, closeCode, retryable, seq: 5 });
    const frame = decodeFrame(encodeFrame('reject', rejectOf(error)));
    if (frame.kind !== 'reject') throw new Error('not a reject');
    expect(wireErrorOf(frame.value)).toMatchObject({ code, message: 'why', retryable, seq: 5 });
  });

  it('takes retryable from the other end, and an unknown code as refused', () => {
    expect(wireErrorOf({ code: 'overload', message: '', retryable: false, seq: 0 })).toMatchObject({
      retryable: false,
      seq: undefined,
    });
    const later = wireErrorOf({ code: 'quota', message: 'come back', retryable: true, seq: 0 });
    expect(later).toMatchObject({ code: 'refused', message: 'quota: come back', retryable: true });
    expect(wireErrorOf({ code: 'constructor', message: '', retryable: false, seq: 0 }).code).toBe('refused');
  });

  it('reads a bare close by its code', () => {
    expect(wireErrorOfClose(4401, '').code).toBe('unauthorized');
    expect(wireErrorOfClose(4400, '').code).toBe('bad-frame');
    expect(wireErrorOfClose(1009, '')).toMatchObject({ code: 'bad-frame', retryable: false });
    expect(wireErrorOfClose(1006, 'gone')).toMatchObject({
      code: 'connection-lost',
      retryable: true,
      message: 'connection closed: 1006 gone',
    });
  });

  it('can always be sent, whatever its message', () => {
    const error = new WireError('bad-frame', `\ud800${'é'.repeat(5000)}`);
    const frame = decodeFrame(encodeFrame('reject', rejectOf(error)));
    expect(frame.kind === 'reject' && frame.value.message.length).toBe(1024);
  });
});
