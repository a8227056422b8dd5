import { describe, expect, it } from 'vitest';
import { BatchBuffers } from '../../../bs-server/src/decode/batch-buffers.ts';

const layout = { maxBatchSize: 4, maxRecordBytes: 2, maxEntries: 6 };

describe('BatchBuffers', () => {
  it('refuses what does not fit its layout', () => {
    const batch = new BatchBuffers(layout);
    expect(() => batch.write(4, new Uint8Array(2), undefined)).toThrow(RangeError);
    expect(() => batch.write(0, new Uint8Array(3), undefined)).toThrow('3 bytes');
    expect(() => batch.write(0, new Uint8Array(2), new Float32Array(13))).toThrow('13 values');
  });

  it('is the same rows seen from either thread, of the size of their model', () => {
    const batch = new BatchBuffers(layout);
    const uplink = Float32Array.of(1, 2, 3, 4);
    batch.write(0, Uint8Array.of(7), uplink);
    batch.write(1, Uint8Array.of(8, 9), new Uint8Array(uplink.buffer));
    batch.write(2, new Uint8Array(), undefined);
    const worker = new BatchBuffers(layout, batch.memory);
    const rows = worker.rows(3, 2);
    expect(rows.map(({ record }) => [...record])).toEqual([[7], [8, 9], []]);
    expect(rows.map((row) => row.uplink)).toEqual([uplink, uplink, undefined]);
    rows[1]?.estimate.set([5, 6, 7, 8]);
    worker.setStatus(1, 'phase');
    expect([...batch.estimate(1, 2)]).toEqual([5, 6, 7, 8]);
    expect([0, 1].map((i) => batch.status(i))).toEqual(['decoded', 'phase']);
  });
});
