import { readdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createRandom } from '@edge-csi/csi';
import { ColumnSpool, NpzWriter, readNpy, readNpz, writeNpz } from '@edge-csi/csi/files';
import { expect, it } from 'vitest';
import { temporaryPath } from './temporary.ts';

it('writes columns that are read as they were added', async () => {
  const path = await temporaryPath('columns.npz');
  const random = createRandom(1);
  const writer = await NpzWriter.open(path, {
    slot: { dtype: 'int32', rowShape: [] },
    matrix: { dtype: 'float32', rowShape: [2, 3] },
    time_ms: { dtype: 'float64', rowShape: [] },
  });
  const matrices: number[] = [];
  const row = new Float32Array(6);
  for (let i = 0; i < 500; i++) {
    // The same array each time: what was added must not change with it.
    for (let j = 0; j < 6; j++) row[j] = random.gaussian();
    matrices.push(...row);
    await writer.append('matrix', row);
    await writer.append('slot', Int32Array.of(i));
    await writer.append('time_ms', Float64Array.of(i / 3));
  }
  await writer.close();
  await writer.close();
  const arrays = await readNpz(path);
  expect(arrays.get('matrix')).toEqual({ dtype: 'float32', shape: [500, 2, 3], data: Float32Array.from(matrices) });
  expect(arrays.get('slot')?.data[499]).toBe(499);
  expect(arrays.get('time_ms')?.data[2]).toBe(2 / 3);
  expect(await readdir(dirname(path))).toEqual(['columns.npz']);
});

it('writes more than it holds at once', async () => {
  const path = await temporaryPath('large.npy');
  const spool = await ColumnSpool.open(path, { dtype: 'float32', rowShape: [1024] });
  const row = new Float32Array(1024);
  for (let i = 0; i < 700; i++) await spool.append(row.fill(i));
  await spool.close();
  const { shape, data } = await readNpy(path);
  expect(shape).toEqual([700, 1024]);
  expect([data[0], data[1024], data[699 * 1024 + 1023]]).toEqual([0, 1, 699]);
});

it('leaves nothing where it is given up, and an older file as it was', async () => {
  const path = await temporaryPath('given-up.npz');
  await writeNpz(path, { old: { dtype: 'int32', shape: [1], data: Int32Array.of(5) } });
  const writer = await NpzWriter.open(path, { a: { dtype: 'int32', rowShape: [] } });
  await writer.append('a', Int32Array.of(1, 2, 3));
  await writer.discard();
  await writer.discard();
  await writer.close();
  expect(await readdir(dirname(path))).toEqual(['given-up.npz']);
  expect((await readNpz(path)).get('old')?.data[0]).toBe(5);
});

it('refuses a column it does not have and part of a row', async () => {
  const writer = await NpzWriter.open(await temporaryPath('x.npz'), { a: { dtype: 'float32', rowShape: [4] } });
  await expect(writer.append('b', new Float32Array(4))).rejects.toThrow(/column is b, must be one of a/);
  await expect(writer.append('a', new Float32Array(6))).rejects.toThrow(/multiple of 4/);
  await writer.discard();
});
