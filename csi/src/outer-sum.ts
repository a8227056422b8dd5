import { OUTER_KERNEL_BASE64 } from './outer-kernel-bytes.ts';
import { compiles, compileWasm } from './wasm-module.ts';

/** Outer products taken in one pass over the sum, which the pass loads and stores once for all of them. */
const BLOCK = 4;

/** The factors of one product. */
interface OuterProduct {
  /** Planar, `[2][rows]`. */
  readonly weights: Float64Array;
  /** `[columns]` */
  readonly kernel: Float64Array;
}

/** A sum of outer products of complex weights, `[rows]`, and real kernels, `[columns]`. */
export interface OuterSum {
  /** Planar, `[2][rows][stride]`, the first `columns` of each row; complete after `flush`. */
  readonly values: Float64Array;
  readonly stride: number;
  /** Starts again from zero. */
  clear(): void;
  /** Where the next product goes: the caller writes it whole, then calls `add`. */
  next(): OuterProduct;
  add(): void;
  /** Brings `values` up to date. */
  flush(): void;
}

/** Adds the block's products to the sum. */
type Accumulate = () => void;

interface Buffers {
  /** `[planeRows][stride]` */
  readonly values: Float64Array;
  /** `[BLOCK][planeRows]` */
  readonly weights: Float64Array;
  /** `[BLOCK][stride]` */
  readonly kernels: Float64Array;
  readonly accumulate: Accumulate;
}

/** @param engine - default WebAssembly where the platform has it, about five times as fast; both give the same sums */
export function createOuterSum(
  rows: number,
  columns: number,
  engine: 'wasm' | 'js' = compiles(OUTER_KERNEL_BASE64) ? 'wasm' : 'js',
): OuterSum {
  const planeRows = 2 * rows;
  // The kernel takes two columns at a time.
  const stride = columns + (columns % 2);
  const buffers = engine === 'wasm' ? wasmBuffers(planeRows, stride) : jsBuffers(planeRows, stride);
  const { values, weights, kernels, accumulate } = buffers;
  const products = Array.from(
    { length: BLOCK },
    (_, i): OuterProduct => ({
      weights: weights.subarray(i * planeRows, (i + 1) * planeRows),
      kernel: kernels.subarray(i * stride, i * stride + columns),
    }),
  );
  let pending = 0;
  const flush = (): void => {
    if (pending === 0) return;
    // A block that is not full is filled up with products of zero.
    weights.fill(0, pending * planeRows);
    accumulate();
    pending = 0;
  };
  return {
    values,
    stride,
    clear() {
      values.fill(0);
      pending = 0;
    },
    next: () => products[pending] as OuterProduct,
    add() {
      if (++pending === BLOCK) flush();
    },
    flush,
  };
}

interface KernelExports {
  accumulate(values: number, weights: number, kernels: number, rows: number, columns: number): void;
}

function wasmBuffers(planeRows: number, stride: number): Buffers {
  const sizes = sizesOf(planeRows, stride);
  const weightsAt = 8 * sizes.values;
  const kernelsAt = weightsAt + 8 * sizes.weights;
  const { exports, memory } = compileWasm(OUTER_KERNEL_BASE64).instantiate(kernelsAt + 8 * sizes.kernels);
  const { accumulate } = exports as KernelExports;
  return {
    values: new Float64Array(memory, 0, sizes.values),
    weights: new Float64Array(memory, weightsAt, sizes.weights),
    kernels: new Float64Array(memory, kernelsAt, sizes.kernels),
    accumulate: () => accumulate(0, weightsAt, kernelsAt, planeRows, stride),
  };
}

function jsBuffers(planeRows: number, stride: number): Buffers {
  const sizes = sizesOf(planeRows, stride);
  const values = new Float64Array(sizes.values);
  const weights = new Float64Array(sizes.weights);
  const kernels = new Float64Array(sizes.kernels);
  const accumulate = (): void => {
    for (let row = 0; row < planeRows; row++) {
      const w0 = weights[row] as number;
      const w1 = weights[planeRows + row] as number;
      const w2 = weights[2 * planeRows + row] as number;
      const w3 = weights[3 * planeRows + row] as number;
      for (let column = 0, at = row * stride; column < stride; column++, at++) {
        values[at] =
          (values[at] as number) +
          w0 * (kernels[column] as number) +
          w1 * (kernels[stride + column] as number) +
          w2 * (kernels[2 * stride + column] as number) +
          w3 * (kernels[3 * stride + column] as number);
      }
    }
  };
  return { values, weights, kernels, accumulate };
}

function sizesOf(planeRows: number, stride: number): { values: number; weights: number; kernels: number } {
  return { values: planeRows * stride, weights: BLOCK * planeRows, kernels: BLOCK * stride };
}
