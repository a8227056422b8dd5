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
  const entries = Object.entries(unzip(bytes, name)).map(
    ([entry, content]) => [entry.replace(/\.npy$/, ''), content] as const,
  );
  const short = entries.map(([entry]) => entry.split('/').at(-1) as string);
  // An archive packed again by hand has its folder before every name.
  const named = new Set(short).size === short.length ? short : entries.map(([entry]) => entry);
  return new Map(entries.map(([, content], i) => [named[i] as string, content]));
}

/** Compression methods of zip entries that are read: stored and deflate, which is what NumPy writes. */
const methods = [0, 8];
const methodNames: Readonly<Record<number, string>> = {
  9: 'deflate64',
  12: 'bzip2',
  14: 'LZMA',
  93: 'Zstandard',
  95: 'xz',
};

/** No deflate stream expands by more: an entry that claims to is damaged, and no memory is taken for it. */
export const MAX_DEFLATE_RATIO = 1032;

function unzip(bytes: Uint8Array, name: string): Record<string, Uint8Array> {
  let hasPickle = false;
  const others: string[] = [];
  let arrays: Record<string, Uint8Array>;
  try {
    arrays = unzipSync(bytes, {
      filter: ({ name: entry, size, originalSize, compression }) => {
        // What macOS adds beside each file of an archive.
        if (entry.startsWith('__MACOSX/') || entry.split('/').at(-1)?.startsWith('.')) return false;
        hasPickle ||= entry.endsWith('data.pkl');
        if (!entry.endsWith('.npy')) {
          if (!entry.endsWith('/')) others.push(entry);
          return false;
        }
        if (!methods.includes(compression)) {
          const method = methodNames[compression] ?? `method ${compression}`;
          throw new CsiError(
            'file-format',
            `${name}: ${entry} is compressed by ${method}, expected deflate or none; save it with numpy.savez_compressed`,
          );
        }
        if (originalSize > size * MAX_DEFLATE_RATIO) {
          throw new RangeError(`${entry}: ${originalSize} bytes from ${size}`);
        }
        return true;
      },
    });
  } catch (cause) {
    if (cause instanceof CsiError) throw cause;
    throw new CsiError('file-format', `${name}: expected a .npz file, found a damaged zip archive`, { cause });
  }
  if (Object.keys(arrays).length > 0 || others.length === 0) return arrays;
  if (!hasPickle) {
    const [first, ...more] = others;
    throw new CsiError(
      'file-format',
      `${name}: is a zip archive without a .npy in it, but with ${first}${more.length > 0 ? ` and ${more.length} more` : ''}; unpack it, and give a file of it`,
    );
  }
  throw new CsiError(
    'file-format',
    `${name}: is a PyTorch file, expected arrays; in Python: numpy.savez(FILE, downlink=torch.load(...).numpy())`,
  );
}
