/** A one-node ONNX model, `output = input * factor`, float32 of any three dimensions. Written by hand: opset 13. */
export function scalingOnnx(input: string, output: string, factor: number): Uint8Array {
  const raw = new Uint8Array(4);
  new DataView(raw.buffer).setFloat32(0, factor, true);
  const node = [...text(1, input), ...text(1, 'factor'), ...text(2, output), ...text(4, 'Mul')];
  const initializer = [...integer(2, float32), ...text(8, 'factor'), ...bytes(9, raw)];
  const graph = [
    ...bytes(1, node),
    ...text(2, 'scaling'),
    ...bytes(5, initializer),
    ...bytes(11, valueInfo(input)),
    ...bytes(12, valueInfo(output)),
  ];
  return Uint8Array.from([...integer(1, 7), ...bytes(7, graph), ...bytes(8, integer(2, 13))]);
}

const float32 = 1;

function valueInfo(name: string): number[] {
  const dims = ['N', 'Nt', 'Nd'].flatMap((dim) => bytes(1, text(2, dim)));
  const tensor = [...integer(1, float32), ...bytes(2, dims)];
  return [...text(1, name), ...bytes(2, bytes(1, tensor))];
}

// Protocol buffer fields.

function integer(field: number, value: number): number[] {
  return [field << 3, ...varint(value)];
}

function bytes(field: number, value: ArrayLike<number>): number[] {
  return [(field << 3) | 2, ...varint(value.length), ...Array.from(value)];
}

function text(field: number, value: string): number[] {
  return bytes(field, new TextEncoder().encode(value));
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)];
}
