import { CsiError } from '../errors.ts';

/** A kind of file that people give by mistake, told by its first bytes: what it is and the way out. */
interface ForeignKind {
  readonly is: (text: string, bytes: Uint8Array) => boolean;
  readonly found: string;
  readonly wayOut: string;
}

const kinds: readonly ForeignKind[] = [
  {
    is: (text) => text.startsWith('version https://git-lfs'),
    found: 'a Git LFS pointer in place of the file',
    wayOut: "fetch the file itself with 'git lfs pull'",
  },
  {
    is: (text) => /^\s*<(!doctype|html|\?xml)/i.test(text),
    found: 'a web page',
    wayOut: 'a download often answers with one; download the file itself',
  },
  {
    is: (text, [a, b]) => (a === 0x80 && b !== undefined && b >= 2 && b <= 5) || text.startsWith('cnumpy'),
    found: 'a Python pickle',
    wayOut: 'load it in Python and save the array with numpy.save',
  },
  { is: (_, [a, b]) => a === 0x1f && b === 0x8b, found: 'a gzip archive', wayOut: 'unpack it with gunzip' },
  { is: (text) => text.startsWith('BZh'), found: 'a bzip2 archive', wayOut: 'unpack it with bunzip2' },
  { is: (text) => text.startsWith('\xfd7zXZ'), found: 'an xz archive', wayOut: 'unpack it with unxz' },
  { is: (text) => text.startsWith('7z\xbc\xaf'), found: 'a 7z archive', wayOut: 'unpack it' },
  { is: (text) => text.startsWith('Rar!'), found: 'a RAR archive', wayOut: 'unpack it' },
  { is: (text) => text.startsWith('PAR1'), found: 'a Parquet file', wayOut: 'save the array with numpy.save' },
  { is: isMat4, found: 'a MAT-file of version 4', wayOut: "save it from MATLAB with '-v7'" },
  {
    is: (text) => /^[\s\d.,;:eEjnaif+()-]*\d[\s\d.,;:eEjnaif+()-]*$/.test(text),
    found: 'a table of numbers as text',
    wayOut: "in Python: numpy.save('csi.npy', numpy.loadtxt(FILE, delimiter=','))",
  },
  {
    is: (text) => /^\s*[[{]/.test(text) && isText(text),
    found: 'JSON',
    wayOut: 'load it in Python and save the array with numpy.save',
  },
  {
    is: isText,
    found: 'text',
    wayOut:
      "if it is a table with a head, in Python: numpy.save('csi.npy', numpy.loadtxt(FILE, delimiter=',', skiprows=1))",
  },
];

/**
 * The error for a file that is of no format that is read.
 *
 * @param start - its first bytes, up to 128
 */
export function foreignFile(path: string, start: Uint8Array): CsiError {
  const text = Buffer.from(start).toString('latin1');
  const kind = start.length === 0 ? undefined : kinds.find(({ is }) => is(text, start));
  const expected = `${path}: expected .npz, .npy or .mat (version 5 to 7.3)`;
  if (kind !== undefined) return new CsiError('file-format', `${expected}, found ${kind.found}; ${kind.wayOut}`);
  const bytes = Array.from(start.subarray(0, 4), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return new CsiError('file-format', `${expected}, found a file starting ${bytes || 'nowhere: it is empty'}`);
}

function isText(text: string): boolean {
  return /^[\s\x20-\x7e]*$/.test(text);
}

/** Five 32-bit words: type, rows, columns, whether complex, length of the name; then the name and a zero byte. */
function isMat4(_: string, bytes: Uint8Array): boolean {
  if (bytes.length < 21) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return [true, false].some((littleEndian) => {
    const [type = 0, rows = 0, columns = 0, complex = 0, name = 0] = [0, 4, 8, 12, 16].map((at) =>
      view.getUint32(at, littleEndian),
    );
    const named =
      name > 1 &&
      name <= 64 &&
      /^\w*$/.test(Buffer.from(bytes.subarray(20, Math.min(bytes.length, 19 + name))).toString('latin1'));
    return type < 5000 && rows > 0 && columns > 0 && complex <= 1 && named;
  });
}
