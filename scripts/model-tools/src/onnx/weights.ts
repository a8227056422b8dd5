import type { Operator } from './graph.ts';
import { floatTensor, type OnnxTensor } from './tensor.ts';

/** Bits that a weight can be stored in. */
export const weightWidths = [32, 16, 8, 4] as const;

export type WeightWidth = (typeof weightWidths)[number];

/** A matrix to store. */
interface StoredMatrix {
  readonly name: string;
  readonly dims: readonly [rows: number, columns: number];
  /** Row-major. */
  readonly values: Float32Array;
  /** Factors of each row, whose multiples the values are: needed below 16 bits, `[rows]`. */
  readonly units?: Float32Array | undefined;
}

/** Constants, and the operators that make a float32 matrix of them when the graph is loaded. */
interface StoredWeights {
  readonly initializers: readonly OnnxTensor[];
  readonly operators: readonly Operator[];
}

/**
 * Stores a matrix in fewer bits per weight. Runtimes fold what follows from constants alone, so that it is float32 again
 * once the model is loaded, and no slower; integers take standard operators of opset 13, as 4-bit tensors and fused
 * dequantisation do not.
 *
 * @param matrix - at 8 bits multiples -127..127 of its units, at 4 bits -7..7, and an even number of columns
 * @throws RangeError where integers are asked for of a matrix without units, or 4 bits of an odd number of columns
 */
export function storeWeights(matrix: StoredMatrix, width: WeightWidth): StoredWeights {
  const { name, dims, values } = matrix;
  if (width === 32) return { initializers: [floatTensor(name, dims, values)], operators: [] };
  const cast = (stored: string, output: string): Operator => ({
    type: 'Cast',
    inputs: [stored],
    output,
    attributes: { to: 1 },
  });
  if (width === 16) {
    const stored = `${name}.half`;
    return {
      initializers: [{ name: stored, type: 'float16', dims, values }],
      operators: [cast(stored, name)],
    };
  }
  const levels = levelsOf(matrix);
  const units = floatTensor(`${name}.unit`, [dims[0], 1], matrix.units ?? new Float32Array(0));
  if (width === 8) {
    const stored = `${name}.int8`;
    return {
      initializers: [{ name: stored, type: 'int8', dims, values: levels }, units],
      operators: [cast(stored, `${name}.level`), { type: 'Mul', inputs: [`${name}.level`, units.name], output: name }],
    };
  }
  return fourBits(matrix, levels, units);
}

/** Two weights a byte, each as 8 more: the left half of the columns in the upper four bits, the right half in the lower. */
function fourBits({ name, dims: [rows, columns] }: StoredMatrix, levels: Int8Array, units: OnnxTensor): StoredWeights {
  if (columns % 2 !== 0) throw new RangeError(`${name} has ${columns} columns, 4 bits take an even number`);
  const half = columns / 2;
  const pairs = new Uint8Array(rows * half);
  for (let at = 0; at < pairs.length; at++) {
    const left = Math.floor(at / half) * columns + (at % half);
    pairs[at] = 16 * ((levels[left] as number) + 8) + ((levels[left + half] as number) + 8);
  }
  const scalar = (suffix: string, value: number) => floatTensor(`${name}.${suffix}`, [1], Float32Array.of(value));
  const value = (suffix: string) => `${name}.${suffix}`;
  const operator = (type: string, inputs: readonly string[], output: string, axis?: number): Operator => ({
    type,
    inputs: inputs.map(value),
    output: output === '' ? name : value(output),
    ...(axis === undefined ? {} : { attributes: { axis } }),
  });
  return {
    initializers: [
      { name: value('int4'), type: 'uint8', dims: [rows, half], values: pairs },
      units,
      scalar('sixteenth', 1 / 16),
      scalar('sixteen', 16),
      scalar('eight', 8),
    ],
    operators: [
      { ...operator('Cast', ['int4'], 'pair'), attributes: { to: 1 } },
      operator('Mul', ['pair', 'sixteenth'], 'ratio'),
      operator('Floor', ['ratio'], 'upper'),
      operator('Mul', ['upper', 'sixteen'], 'shifted'),
      operator('Sub', ['pair', 'shifted'], 'lower'),
      operator('Concat', ['upper', 'lower'], 'both', 1),
      operator('Sub', ['both', 'eight'], 'level'),
      operator('Mul', ['level', 'unit'], ''),
    ],
  };
}

function levelsOf({ name, dims: [, columns], values, units }: StoredMatrix): Int8Array {
  if (units === undefined) throw new RangeError(`${name} has no units to store integers of`);
  return Int8Array.from(values, (value, at) => Math.round(value / (units[Math.floor(at / columns)] as number)));
}
