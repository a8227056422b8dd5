import { RANK_ONE_KERNEL_BASE64 } from './rank-one-kernel-bytes.ts';
import { compiles, compileWasm } from './wasm-kernel.ts';

/** Outer products taken in one pass over the sum, which the pass loads and stores once for all of them. */
const BLOCK = 4;

/** The factors of one product. */
interface OuterProduct {
  /** Planar, `[2][rows]`. */
  readonly weights: Float32Array;
  /** `[columns]` */
  readonly kernel: Float32Array;
}

/** A sum, in float32, of outer products of complex weights, `[rows]`, and real kernels, `[columns]`. */
export interface RankOneSum {
  /** Planar, `[2][rows][stride]`, the first `columns` of each row; complete after `flush`. */
  readonly values: Float32Array;
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
  readonly values: Float32Array;
  /** `[BLOCK][planeRows]` */
  readonly weights: Float32Array;
  /** `[BLOCK][stride]` */
  readonly kernels: Float32Array;
  readonly accumulate: Accumulate;
}

/** @param engine - default WebAssembly where the platform has it; both give the same sums, bit for bit */
export function createRankOneSum(
  rows: number,
  columns: number,
  engine: 'wasm' | 'js' = compiles(RANK_ONE_KERNEL_BASE64) ? 'wasm' : 'js',
): RankOneSum {
  const planeRows = 2 * rows;
  // The kernel takes four columns at a time.
  const stride = 4 * Math.ceil(columns / 4);
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
  const kernelsAt = 4 * sizes.values;
  const weightsAt = kernelsAt + 4 * sizes.kernels;
  const { exports, memory } = compileWasm(RANK_ONE_KERNEL_BASE64).instantiate(weightsAt + 4 * sizes.weights);
  const { accumulate } = exports as KernelExports;
  return {
    values: new Float32Array(memory, 0, sizes.values),
    weights: new Float32Array(memory, weightsAt, sizes.weights),
    kernels: new Float32Array(memory, kernelsAt, sizes.kernels),
    accumulate: () => accumulate(0, weightsAt, kernelsAt, planeRows, stride),
  };
}

function jsBuffers(planeRows: number, stride: number): Buffers {
  const sizes = sizesOf(planeRows, stride);
  const values = new Float32Array(sizes.values);
  const weights = new Float32Array(sizes.weights);
  const kernels = new Float32Array(sizes.kernels);
  // Rounded where the other engine's float32 rounds.
  const { fround } = Math;
  const accumulate = (): void => {
    for (let row = 0; row < planeRows; row++) {
      const w0 = weights[row] as number;
      const w1 = weights[planeRows + row] as number;
      const w2 = weights[2 * planeRows + row] as number;
      const w3 = weights[3 * planeRows + row] as number;
      for (let column = 0, at = row * stride; column < stride; column++, at++) {
        let sum = values[at] as number;
        sum = fround(sum + fround(w0 * (kernels[column] as number)));
        sum = fround(sum + fround(w1 * (kernels[stride + column] as number)));
        sum = fround(sum + fround(w2 * (kernels[2 * stride + column] as number)));
        values[at] = sum + fround(w3 * (kernels[3 * stride + column] as number));
      }
    }
  };
  return { values, weights, kernels, accumulate };
}

function sizesOf(planeRows: number, stride: number): { values: number; weights: number; kernels: number } {
  return { values: planeRows * stride, weights: BLOCK * planeRows, kernels: BLOCK * stride };
}
