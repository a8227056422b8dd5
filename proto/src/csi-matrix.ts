import type { CsiEncoding, CsiMatrix } from './generated/messages.ts';

/** Complex CSI as the signal code holds it: planar `[2][numAntennas][numDelays]`. */
export interface PlanarCsi {
  readonly numAntennas: number;
  readonly numDelays: number;
  readonly values: Float32Array;
}

const bytesPerValue = { float32: 4, float16: 2 } as const satisfies Record<CsiEncoding, number>;

/** Bytes `values` must have. */
export function csiMatrixByteLength(matrix: Pick<CsiMatrix, 'numAntennas' | 'numDelays' | 'encoding'>): number {
  return 2 * matrix.numAntennas * matrix.numDelays * bytesPerValue[matrix.encoding];
}

/**
 * Writes angular-delay CSI into a message. float16 rounds to nearest even; magnitudes below 2^-25 become 0, so scale
 * weak channels up before choosing it.
 *
 * @throws RangeError where the length does not fit the shape, or a value is not finite or over float16's 65504
 */
export function csiMatrixOf(csi: PlanarCsi, encoding: CsiEncoding = 'float32'): CsiMatrix {
  const { numAntennas, numDelays, values } = csi;
  const expected = 2 * numAntennas * numDelays;
  if (values.length !== expected) throw new RangeError(`csi.values: length ${values.length}, expected ${expected}`);
  const bytes = new Uint8Array(csiMatrixByteLength({ numAntennas, numDelays, encoding }));
  const view = new DataView(bytes.buffer);
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const limit = encoding === 'float16' ? float16Overflow : float32Infinity;
  for (let i = 0; i < values.length; i++) {
    const pattern = bits[i] as number;
    if ((pattern & 0x7fffffff) >= limit)
      throw new RangeError(`csi.values[${i}]: ${values[i]} does not fit ${encoding}`);
    if (encoding === 'float16') view.setUint16(2 * i, float16Bits(pattern, values[i] as number), true);
    else view.setUint32(4 * i, pattern, true);
  }
  return { numAntennas, numDelays, domain: 'angular-delay', encoding, values: bytes };
}

/**
 * Reads the values of a message, planar `[2][numAntennas][numDelays]`. They may be NaN or infinite: the wire carries
 * what it was given.
 *
 * @throws RangeError where `out` or the message has the wrong length
 */
export function readCsiMatrixInto(out: Float32Array, matrix: CsiMatrix): void {
  const { numAntennas, numDelays, encoding, values } = matrix;
  const length = 2 * numAntennas * numDelays;
  if (out.length !== length) throw new RangeError(`out: length ${out.length}, expected ${length}`);
  const byteLength = csiMatrixByteLength(matrix);
  if (values.length !== byteLength)
    throw new RangeError(`matrix.values: ${values.length} bytes, expected ${byteLength}`);
  const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
  if (encoding === 'float32' && littleEndian) {
    new Uint8Array(out.buffer, out.byteOffset, out.byteLength).set(values);
  } else if (encoding === 'float32') {
    for (let i = 0; i < length; i++) out[i] = view.getFloat32(4 * i, true);
  } else {
    const bits = new Uint32Array(out.buffer, out.byteOffset, length);
    for (let i = 0; i < length; i++) {
      const half = view.getUint16(2 * i, true);
      const exponent = half & 0x7c00;
      if (exponent === 0) out[i] = (half & 0x8000 ? -1 : 1) * (half & 0x3ff) * 2 ** -24;
      else bits[i] = float32Bits(half);
    }
  }
}

/** Whether this machine has the wire's byte order. */
const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Bit patterns of binary32 magnitudes: infinity, and 65520, the least that binary16 rounds to infinity. */
const float32Infinity = 0x7f800000;
const float16Overflow = 0x477ff000;
/** 2^-14, the least normal binary16, and the difference of the two exponent biases. */
const float16Normal = 0x38800000;
const rebias = 0x38000000;

/** binary16 of a binary32 below the overflow limit, round to nearest even (IEEE 754-2019, 4.3.1). */
function float16Bits(pattern: number, value: number): number {
  const sign = (pattern >>> 16) & 0x8000;
  const magnitude = pattern & 0x7fffffff;
  if (magnitude < float16Normal) return sign | roundHalfEven(Math.abs(value) * 2 ** 24);
  const rebiased = magnitude - rebias;
  return sign | ((rebiased + 0xfff + ((rebiased >>> 13) & 1)) >>> 13);
}

/** binary32 of a binary16 that is neither zero nor subnormal. */
function float32Bits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const magnitude = (half & 0x7fff) << 13;
  return (half & 0x7c00) === 0x7c00 ? sign | float32Infinity | magnitude : sign | (magnitude + rebias);
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  return value - floor === 0.5 ? floor + (floor & 1) : Math.round(value);
}
