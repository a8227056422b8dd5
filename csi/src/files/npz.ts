import { CsiError } from '../errors.ts';
import { formatNpy, type NpyArray, parseNpy, readBytes } from './npy.ts';
import { writeWhole } from './whole-file.ts';
import { unzipSync, zipSync } from './zip.ts';

/** First bytes of a zip archive: a local file header, or the end record of an empty archive. */
const ZIP_SIGNATURES = ['PK\x03\x04', 'PK\x05\x06'];

/** The earliest date a zip entry can carry, in place of the time of writing. */
export const NPZ_TIME = new Date(1980, 0, 1);

/**
 * Reads a .npz file: its arrays by name.
 *
 * @throws CsiError `file-format` where the file cannot be read, is not .npz or holds an array that cannot be parsed.
 */
export async function readNpz(path: string): Promise<ReadonlyMap<string, NpyArray>> {
  const contents = [...unpackNpz(await readBytes(path), path)];
  return new Map(contents.map(([name, content]) => [name, parseNpy(content, `${path}: ${name}.npy`)]));
}

/** Writes arrays as a compressed .npz file. The same arrays give the same bytes. */
export async function writeNpz(path: string, arrays: Readonly<Record<string, NpyArray>>): Promise<void> {
  const entries = Object.entries(arrays).map(([name, array]) => [`${name}.npy`, formatNpy(array)] as const);
  await writeWhole(path, (file) => file.writeFile(zipSync(Object.fromEntries(entries), { mtime: NPZ_TIME })));
}

/** Whether bytes begin as a zip archive does. */
export function isZip(bytes: Uint8Array): boolean {
  return ZIP_SIGNATURES.includes(String.fromCharCode(...bytes.subarray(0, 4)));
}

/**
 * The arrays of a .npz file as the .npy files they are, by name.
 *
 * @param name - what to call the file in errors
 * @throws CsiError `file-format` where the bytes are not a whole zip archive.
 */
export function unpackNpz(bytes: Uint8Array, name: string): ReadonlyMap<string, Uint8Array> {
  if (!isZip(bytes)) throw new CsiError('file-format', `${name}: expected a .npz file, found no zip signature`);
  const entries = Object.entries(unzip(bytes, name));
  return new Map(entries.map(([entry, content]) => [entry.replace(/\.npy$/, ''), content]));
}

/** No deflate stream expands by more: an entry that claims to is damaged, and no memory is taken for it. */
export const MAX_DEFLATE_RATIO = 1032;

function unzip(bytes: Uint8Array, name: string): Record<string, Uint8Array> {
  try {
    return unzipSync(bytes, {
      filter: ({ name: entry, size, originalSize }) => {
        if (originalSize > size * MAX_DEFLATE_RATIO) {
          throw new RangeError(`${entry}: ${originalSize} bytes from ${size}`);
        }
        return entry.endsWith('.npy');
      },
    });
  } catch (cause) {
    throw new CsiError('file-format', `${name}: expected a .npz file, found a damaged zip archive`, { cause });
  }
}
