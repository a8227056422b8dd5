import { fileURLToPath } from 'node:url';
import { CsiError } from '@edge-csi/csi';
import protobuf from 'protobufjs';

/** A 64-bit integer: a `Long` where it was read from a file; either may be written. */
export type Int64 = number | { toNumber(): number };

/** A constant; `readTensor` has its values. */
export interface TensorProto {
  name: string;
  dims: Int64[];
  dataType: number;
  rawData?: Uint8Array;
  floatData?: number[];
  int32Data?: number[];
  int64Data?: Int64[];
  doubleData?: number[];
  uint64Data?: Int64[];
  stringData?: Uint8Array[];
  externalData?: unknown[];
}

/** A parameter of a node, in the field that `type` says. */
export interface AttributeProto {
  name: string;
  type: number;
  f?: number;
  i?: Int64;
  s?: Uint8Array;
  t?: TensorProto | null;
  g?: GraphProto | null;
  floats?: number[];
  ints?: Int64[];
  graphs?: GraphProto[];
}

/** One operator. An input or output named '' is left out. */
export interface NodeProto {
  name: string;
  opType: string;
  domain?: string;
  input: string[];
  output: string[];
  attribute: AttributeProto[];
}

/** Name of a value and, where the file says, its element type and shape. */
export interface ValueInfoProto {
  name: string;
  type?: {
    tensorType?: {
      elemType: number;
      shape?: { dim: { dimValue?: Int64; dimParam?: string }[] } | null;
    } | null;
  } | null;
}

export interface GraphProto {
  name: string;
  node: NodeProto[];
  initializer: TensorProto[];
  sparseInitializer?: unknown[];
  input: ValueInfoProto[];
  output: ValueInfoProto[];
  valueInfo: ValueInfoProto[];
}

/** An .onnx file. Editing it in place and writing it again keeps every field of the file, known here or not. */
export interface ModelProto {
  irVersion: Int64;
  opsetImport: { domain: string; version: Int64 }[];
  producerName?: string;
  graph: GraphProto;
}

/** ONNX's schema, parsed once. */
const modelType = new protobuf.Root()
  .loadSync(fileURLToPath(new URL('../../onnx/onnx.proto', import.meta.url)))
  .lookupType('onnx.ModelProto');

/**
 * Reads an .onnx file.
 *
 * @param file - its name, for messages
 * @throws CsiError `model-invalid`, naming the file, where the bytes are not one.
 */
export function decodeModel(bytes: Uint8Array, file: string): ModelProto {
  let decoded: ModelProto;
  try {
    decoded = modelType.decode(bytes) as protobuf.Message & ModelProto;
  } catch (cause) {
    throw new CsiError('model-invalid', `${file} is not an ONNX file: ${(cause as Error).message}`, { cause });
  }
  if (decoded.graph === null || decoded.graph.node.length === 0) {
    throw new CsiError('model-invalid', `${file} is not an ONNX file: it has no graph`);
  }
  return decoded;
}

/** Writes an .onnx file. A file that was read and not changed comes out byte for byte where protobuf wrote it. */
export function encodeModel(model: ModelProto): Uint8Array {
  return modelType.encode(model).finish();
}
