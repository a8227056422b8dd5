// Just enough of ONNX (onnx.proto3, opset 13) to write networks of a few operators without Python.

/** A constant tensor: float32, or int64 where the values are bigints. */
interface Initializer {
  readonly name: string;
  readonly dims: readonly number[];
  readonly values: readonly number[] | readonly bigint[];
}

/** One operator without attributes. */
interface Operator {
  readonly type: string;
  readonly inputs: readonly string[];
  readonly output: string;
}

/** A float32 tensor at the edge of the graph; a batch dimension comes before `dims`. */
interface Edge {
  readonly name: string;
  readonly dims: readonly number[];
}

interface OnnxGraph {
  readonly inputs: readonly Edge[];
  readonly output: Edge;
  readonly initializers: readonly Initializer[];
  readonly operators: readonly Operator[];
}

/** The bytes of an .onnx file. */
export function onnxModel({ inputs, output, initializers, operators }: OnnxGraph): Uint8Array {
  const graph = [
    ...operators.map((operator) => message(1, node(operator))),
    text(2, 'tiny'),
    ...initializers.map((initializer) => message(5, tensor(initializer))),
    ...inputs.map((input) => message(11, valueInfo(input))),
    message(12, valueInfo(output)),
  ];
  const opset = [text(1, ''), integer(2, 13)];
  return bytesOf([integer(1, 8), message(7, graph), message(8, opset)]);
}

type Field = readonly number[];

function node({ type, inputs, output }: Operator): Field[] {
  return [...inputs.map((input) => text(1, input)), text(2, output), text(4, type)];
}

function tensor({ name, dims, values }: Initializer): Field[] {
  const isInteger = typeof values[0] === 'bigint';
  const raw = isInteger ? BigInt64Array.from(values as bigint[]) : Float32Array.from(values as number[]);
  const data = [...new Uint8Array(raw.buffer)];
  return [...dims.map((dim) => integer(1, dim)), integer(2, isInteger ? 7 : 1), text(8, name), bytes(9, data)];
}

function valueInfo({ name, dims }: Edge): Field[] {
  const shape = [text(2, 'batch'), ...dims.map((dim) => integer(1, dim))].map((dim) => message(1, [dim]));
  const tensorType = [integer(1, 1), message(2, shape)];
  return [text(1, name), message(2, [message(1, tensorType)])];
}

function integer(field: number, value: number): Field {
  return [...varint(field * 8), ...varint(value)];
}

function bytes(field: number, value: readonly number[]): Field {
  return [...varint(field * 8 + 2), ...varint(value.length), ...value];
}

function text(field: number, value: string): Field {
  return bytes(field, [...new TextEncoder().encode(value)]);
}

function message(field: number, fields: readonly Field[]): Field {
  return bytes(field, fields.flat());
}

function bytesOf(fields: readonly Field[]): Uint8Array {
  return Uint8Array.from(fields.flat());
}

function varint(value: number): Field {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
}
