import { CsiError } from '@edge-csi/csi';
import { requireRunnable } from '@edge-csi/models';
import { requireValue } from '../onnx/graph.ts';
import { decodeModel, type ModelProto, type ValueInfoProto } from '../onnx/schema.ts';
import { toNumbers } from '../onnx/tensor.ts';

/** Bytes of a draft's file. @throws CsiError `model-invalid`, naming it, where there are none or they are no network that runs. */
export function bytesOf(files: ReadonlyMap<string, Uint8Array>, name: string): Uint8Array {
  const found = files.get(name);
  if (found === undefined) throw new CsiError('model-invalid', `${name} is missing`);
  decodeModel(found, name);
  requireRunnable(found, name);
  return found;
}

/** Values that a network may take, and the one it gives, by name: dims after the batch dimension. */
interface NetworkValues {
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  readonly output: readonly [name: string, dims: readonly number[]];
  /** Which of the inputs it takes, in words. */
  readonly takes: string;
}

/** @throws CsiError `model-invalid`, naming the file, where a network takes something else, or in another shape. */
export function checkValues(onnx: Uint8Array, file: string, { inputs, output, takes }: NetworkValues): void {
  const model = decodeModel(onnx, file);
  for (const { name } of model.graph.input) {
    const dims = Object.entries(inputs).find(([known]) => known === name)?.[1];
    if (dims === undefined) throw new CsiError('model-invalid', `${file} takes ${name}; ${takes}`);
    checkShape(model, file, 'input', name, dims);
  }
  checkShape(model, file, 'output', ...output);
}

/**
 * Checks the shape of an input or output, as far as the file says them.
 *
 * @param dims - after the batch dimension; undefined where any will do
 * @throws CsiError `model-invalid`, naming the file, what it has and what is asked for.
 */
export function checkShape(
  model: ModelProto,
  file: string,
  side: 'input' | 'output',
  name: string,
  dims: readonly (number | undefined)[],
): void {
  const value = requireValue(model, side, name, file);
  const found = dimsOf(value);
  // A file need not say; running it will.
  if (found === undefined) return;
  const rest = found.slice(1);
  const fits =
    rest.length === dims.length && rest.every((dim, i) => typeof dim === 'string' || dim === (dims[i] ?? dim));
  const wanted = ['batch', ...dims.map((dim) => dim ?? 'M')].join(', ');
  if (fits) return;
  throw new CsiError(
    'model-invalid',
    `${file}: ${side} ${name} is [${found.join(', ')}], the draft asks for [${wanted}]`,
  );
}

/** Dims of a value, those left open by their names; undefined where its file says none. */
export function dimsOf({ type }: ValueInfoProto): (number | string)[] | undefined {
  const shape = type?.tensorType?.shape?.dim;
  return shape?.map(({ dimValue, dimParam }) => dimParam || (toNumbers([dimValue ?? 0])[0] ?? 0) || '?');
}
