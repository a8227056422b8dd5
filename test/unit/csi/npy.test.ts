import { readFile } from 'node:fs/promises';
import { type NpyArray, readNpy, readNpz, writeNpy, writeNpz } from '@edge-csi/csi/files';
import { describe, expect, it } from 'vitest';
import { fixturePath } from './golden.ts';
import { fc } from './seeded.ts';
import { temporaryFile, temporaryPath } from './temporary.ts';

const fileFormat = expect.objectContaining({ name: 'CsiError', code: 'file-format' });

const arrays: readonly NpyArray[] = [
  { dtype: 'int8', shape: [3], data: Int8Array.of(-128, 0, 127) },
  { dtype: 'uint8', shape: [1, 2], data: Uint8Array.of(0, 255) },
  { dtype: 'int16', shape: [2], data: Int16Array.of(-32768, 32767) },
  { dtype: 'uint16', shape: [2], data: Uint16Array.of(1, 65535) },
  { dtype: 'int32', shape: [2, 1, 1], data: Int32Array.of(-(2 ** 31), 5) },
  { dtype: 'uint32', shape: [1], data: Uint32Array.of(2 ** 32 - 1) },
  { dtype: 'int64', shape: [2], data: BigInt64Array.of(-(2n ** 63n), 7n) },
  { dtype: 'uint64', shape: [1], data: BigUint64Array.of(2n ** 64n - 1n) },
  { dtype: 'float32', shape: [], data: Float32Array.of(1.5) },
  { dtype: 'float64', shape: [0, 4], data: new Float64Array(0) },
  { dtype: 'complex64', shape: [1, 2], data: Float32Array.of(1, -2, 3, -4) },
  { dtype: 'complex128', shape: [1], data: Float64Array.of(Math.PI, -Math.E) },
];

/** The bytes of a .npy file with any header text. */
function npyBytes(header: string, data: Uint8Array, version = 1): Uint8Array {
  const text = `${header}\n`;
  const length = version === 1 ? [text.length & 255, text.length >> 8] : [text.length & 255, text.length >> 8, 0, 0];
  const start = [0x93, ...Buffer.from('NUMPY'), version, 0, ...length, ...Buffer.from(text)];
  return Uint8Array.from([...start, ...data]);
}

describe('npy', () => {
  it.each(arrays)('returns $dtype $shape as written', async (array) => {
    const path = await temporaryPath('array.npy');
    await writeNpy(path, array);
    expect(await readNpy(path)).toEqual(array);
  });

  it('starts the data on a multiple of 64 bytes', async () => {
    const path = await temporaryPath('array.npy');
    await writeNpy(path, { dtype: 'float64', shape: [3], data: Float64Array.of(1, 2, 3) });
    const bytes = await readFile(path);
    expect((bytes.length - 24) % 64).toBe(0);
    expect(bytes.readDoubleLE(bytes.length - 8)).toBe(3);
  });

  it('writes a view of a larger buffer alone', async () => {
    const path = await temporaryPath('array.npy');
    await writeNpy(path, { dtype: 'int32', shape: [2], data: Int32Array.of(9, 8, 7, 6).subarray(1, 3) });
    expect((await readNpy(path)).data).toEqual(Int32Array.of(8, 7));
  });

  it('refuses to write data that does not fit its shape', async () => {
    const path = await temporaryPath('array.npy');
    await expect(writeNpy(path, { dtype: 'complex64', shape: [2], data: new Float32Array(2) })).rejects.toThrow(
      RangeError,
    );
  });

  it.each([1, 2, 3])('reads header version %i', async (version) => {
    const header = "{'descr': '<i2', 'fortran_order': False, 'shape': (2,), }";
    const path = await temporaryFile('v.npy', npyBytes(header, Uint8Array.of(1, 0, 255, 255), version));
    expect(await readNpy(path)).toEqual({ dtype: 'int16', shape: [2], data: Int16Array.of(1, -1) });
  });

  it('reads the other byte order', async () => {
    const { dtype, data } = await readNpy(fixturePath('big-endian.npy'));
    expect([dtype, ...data]).toEqual(['float32', 0.0, 1.0, 2.0]);
  });

  it.each([
    ["{'descr': '<f2', 'fortran_order': False, 'shape': (2,), }", '2 bytes of data, uint16 [2] needs 4'],
    ["{'descr': '<c32', 'fortran_order': False, 'shape': (2,), }", "element type is '<c32'"],
    ["{'descr': '|O', 'fortran_order': False, 'shape': (2,), }", 'holds pickled Python objects'],
    ["{'descr': [('a', '<i2')], 'fortran_order': False, 'shape': (1,), }", 'a structured type'],
    ["{'descr': '<i2', 'fortran_order': False, }", 'expected descr, fortran_order and shape'],
    ["{'descr': '<i2', 'fortran_order': Maybe, 'shape': (1,), }", 'expected descr, fortran_order and shape'],
    ["{'descr': '<i2', 'fortran_order': False, 'shape': (-1,), }", 'expected descr, fortran_order and shape'],
    ["{'descr': '<i2', 'fortran_order': False, 'shape': (2,), }", '2 bytes of data, int16 [2] needs 4'],
    ["{'descr': '|i1', 'fortran_order': False, 'shape': (1,), }", '2 bytes of data, int8 [1] needs 1'],
    ["{'descr': '<i2', 'fortran_order': False, 'shape': (99999999999999999999,), }", '2 bytes of data'],
  ])('refuses %s', async (header, message) => {
    const path = await temporaryFile('bad.npy', npyBytes(header, Uint8Array.of(0, 0)));
    await expect(readNpy(path)).rejects.toThrow(fileFormat);
    await expect(readNpy(path)).rejects.toThrow(message);
  });

  it('refuses a file cut short anywhere', async () => {
    const whole = await readFile(fixturePath('big-endian.npy'));
    const littleEndian = Uint8Array.from(Buffer.from(whole.toString('latin1').replace('>f4', '<f4'), 'latin1'));
    expect((await readNpy(await temporaryFile('whole.npy', littleEndian))).shape).toEqual([3]);
    for (let length = 0; length < littleEndian.length; length += 7) {
      const path = await temporaryFile('cut.npy', littleEndian.subarray(0, length));
      await expect(readNpy(path)).rejects.toThrow(fileFormat);
    }
  });

  it('refuses a file that is not there, with the cause', async () => {
    const path = await temporaryPath('none.npy');
    const failure = await readNpy(path).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'file-format', message: `${path}: cannot be read (ENOENT)` });
    expect((failure as Error).cause).toMatchObject({ code: 'ENOENT' });
  });
});

describe('npz', () => {
  it('returns arrays as written, by name, with the same bytes each time', async () => {
    const [first, second] = [await temporaryPath('a.npz'), await temporaryPath('b.npz')];
    const named = Object.fromEntries(arrays.map((array) => [array.dtype, array]));
    await writeNpz(first, named);
    await writeNpz(second, named);
    expect(Object.fromEntries(await readNpz(first))).toEqual(named);
    expect((await readFile(first)).equals(await readFile(second))).toBe(true);
  });

  it('reads what numpy writes', async () => {
    const found = await readNpz(fixturePath('numpy-dtypes.npz'));
    expect(found.get('complex128')).toEqual({
      dtype: 'complex128',
      shape: [1, 2],
      data: Float64Array.of(1, 2, 3, -4),
    });
    expect(found.get('int64')?.data).toEqual(BigInt64Array.of(-1n, 2n ** 53n + 1n));
    expect(found.get('uint8')?.data).toEqual(Uint8Array.of(0, 255));
    expect(found.get('scalar')).toEqual({ dtype: 'float32', shape: [], data: Float32Array.of(2.5) });
    expect(found.get('empty')).toEqual({ dtype: 'int32', shape: [0, 3], data: new Int32Array(0) });
  });

  it('turns Fortran order into row-major', async () => {
    const found = await readNpz(fixturePath('numpy-dtypes.npz'));
    expect(found.get('fortran_float64')).toEqual({
      dtype: 'float64',
      shape: [2, 3, 4],
      data: Float64Array.from({ length: 24 }, (_, i) => i),
    });
    expect(found.get('fortran_complex64')).toEqual({
      dtype: 'complex64',
      shape: [2, 3],
      data: Float32Array.of(0, 5, 1, 4, 2, 3, 3, 2, 4, 1, 5, 0),
    });
  });

  it('refuses what is not a zip archive', async () => {
    for (const bytes of [new Uint8Array(0), new Uint8Array(100), await readFile(fixturePath('big-endian.npy'))]) {
      await expect(readNpz(await temporaryFile('bad.npz', bytes))).rejects.toThrow(fileFormat);
    }
  });

  it('refuses an archive cut short anywhere', async () => {
    const whole = await readFile(fixturePath('numpy-dtypes.npz'));
    for (let length = 0; length < whole.length; length += 37) {
      const path = await temporaryFile('cut.npz', whole.subarray(0, length));
      await expect(readNpz(path)).rejects.toThrow(fileFormat);
    }
  });

  it('takes no memory for an entry that claims more than deflate can give', async () => {
    const bytes = await readFile(fixturePath('numpy-dtypes.npz'));
    const directoryEntry = bytes.indexOf(Buffer.of(0x50, 0x4b, 1, 2));
    bytes.writeUInt32LE(0xf0000000, directoryEntry + 24);
    const failure = await readNpz(await temporaryFile('bomb.npz', bytes)).catch((error: unknown) => error);
    expect(failure).toEqual(fileFormat);
    expect((failure as Error).cause).toMatchObject({ message: expect.stringContaining('4026531840 bytes from') });
  });

  it('reads or refuses a damaged archive, and never fails otherwise', async () => {
    const whole = await readFile(fixturePath('numpy-dtypes.npz'));
    const damage = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 });
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(damage, async (changes) => {
        const bytes = Uint8Array.from(whole);
        for (const [at, value] of changes) bytes[at] = value;
        const result = await readNpz(await temporaryFile('damaged.npz', bytes)).catch((error: unknown) => error);
        if (result instanceof Map) return;
        expect(result).toEqual(fileFormat);
        refused++;
      }),
      { numRuns: 200 },
    );
    expect(refused).toBeGreaterThan(50);
  });
});
