import { CsiError } from '@edge-csi/csi';
import { fromFloat16 } from '@edge-csi/models';
import type { Int64, TensorProto } from './schema.ts';

/** ONNX's element types that can be read here: their number in the schema and their bytes on file. */
const elementTypes = {
  float32: { number: 1, bytes: 4 },
  uint8: { number: 2, bytes: 1 },
  int8: { number: 3, bytes: 1 },
  int32: { number: 6, bytes: 4 },
  int64: { number: 7, bytes: 8 },
  bool: { number: 9, bytes: 1 },
  float16: { number: 10, bytes: 2 },
  float64: { number: 11, bytes: 8 },
} as const;

type ElementType = keyof typeof elementTypes;

/** Values of a constant: int64 as bigints, float16 widened, bool as 0 and 1. */
type TensorValues = Float32Array | Float64Array | Int8Array | Uint8Array | Int32Array | BigInt64Array;

/** A constant of a graph, row-major. */
export interface OnnxTensor {
  readonly name: string;
  readonly type: ElementType;
  readonly dims: readonly number[];
  readonly values: TensorValues;
}

/** Numbers out of a file's integers. */
export function toNumbers(integers: readonly Int64[]): number[] {
  return integers.map((value) => (typeof value === 'number' ? value : value.toNumber()));
}

/** Number of values of a shape. */
export function sizeOf(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

/** Bytes of a value of an element type on file; 0 for one that is not of a fixed size. */
export function bytesPerValue(dataType: number): number {
  return Object.values(elementTypes).find(({ number }) => number === dataType)?.bytes ?? 0;
}

/**
 * The values of a constant, the caller's own.
 *
 * @param file - the .onnx file it is of, for messages
 * @throws CsiError `model-invalid` where it is of a type that is not read here, or its values do not fill its shape or lie
 * in another file.
 */
export function readTensor(tensor: TensorProto, file: string): OnnxTensor {
  const { name } = tensor;
  const type = (Object.keys(elementTypes) as ElementType[]).find((key) => elementTypes[key].number === tensor.dataType);
  const invalid = (problem: string) =>
    new CsiError('model-invalid', `${file}: constant ${name || '(unnamed)'} ${problem}`);
  if (tensor.externalData?.length) throw invalid('lies in another file');
  if (type === undefined) throw invalid(`is of ONNX's element type ${tensor.dataType}, which is not read here`);
  const dims = toNumbers(tensor.dims);
  const count = sizeOf(dims);
  const values = tensor.rawData?.length ? fromRaw(tensor.rawData, type) : fromFields(tensor, type);
  if (values.length !== count) throw invalid(`of shape [${dims.join(', ')}] has ${values.length} values`);
  return { name, type, dims, values };
}

/** The constant as it stands in a file. @throws RangeError where the values do not fill the shape. */
export function tensorProto({ name, type, dims, values }: OnnxTensor): TensorProto {
  if (values.length !== sizeOf(dims)) {
    throw new RangeError(`${name}: ${values.length} values for shape [${dims.join(', ')}]`);
  }
  const stored = type === 'float16' ? Uint16Array.from(values as Float32Array, toFloat16) : values;
  const rawData = new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength).slice();
  return { name, dims: [...dims], dataType: elementTypes[type].number, rawData };
}

/** A float32 constant. */
export function floatTensor(name: string, dims: readonly number[], values: Float32Array): OnnxTensor {
  return { name, type: 'float32', dims, values };
}

/** An int64 constant of one axis, as shapes and axes are. */
export function int64Tensor(name: string, values: readonly number[]): OnnxTensor {
  return { name, type: 'int64', dims: [values.length], values: BigInt64Array.from(values.map(BigInt)) };
}

/** Little-endian bytes, as the schema has them and every machine that Node runs on. */
function fromRaw(raw: Uint8Array, type: ElementType): TensorValues {
  // A copy is aligned, which slice() of a Buffer is none of; a trailing part of a value is left out, and the count will not fit.
  const { buffer } = Uint8Array.from(raw.subarray(0, raw.length - (raw.length % elementTypes[type].bytes)));
  if (type === 'float32') return new Float32Array(buffer);
  if (type === 'float16') return Float32Array.from(new Uint16Array(buffer), fromFloat16);
  if (type === 'float64') return new Float64Array(buffer);
  if (type === 'int32') return new Int32Array(buffer);
  if (type === 'int64') return new BigInt64Array(buffer);
  return type === 'int8' ? new Int8Array(buffer) : new Uint8Array(buffer);
}

function fromFields({ floatData, doubleData, int32Data, int64Data }: TensorProto, type: ElementType): TensorValues {
  if (type === 'float32') return Float32Array.from(floatData ?? []);
  if (type === 'float64') return Float64Array.from(doubleData ?? []);
  if (type === 'int64') return BigInt64Array.from((int64Data ?? []).map((value) => BigInt(value.toString())));
  if (type === 'float16') return Float32Array.from(int32Data ?? [], fromFloat16);
  if (type === 'int32') return Int32Array.from(int32Data ?? []);
  return type === 'int8' ? Int8Array.from(int32Data ?? []) : Uint8Array.from(int32Data ?? []);
}

/** Nearest IEEE 754 binary16, ties to even; past its range, infinity. */
export function toFloat16(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (magnitude >= 65520) return sign | 0x7c00;
  const exponent = magnitude < 2 ** -14 ? -14 : Math.floor(Math.log2(magnitude));
  // log2 may round up to the next power of two; the quotient is then just below 1, and rounds right all the same.
  const fraction = roundHalfEven((magnitude / 2 ** exponent) * 1024);
  if (exponent === -14 && fraction < 1024) return sign | fraction;
  return sign + ((exponent + 15) << 10) + (fraction - 1024);
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
