/** Where a graph runs. */
export type ExecutionProvider = 'cuda' | 'webgpu' | 'cpu';

/** A dense float32 tensor, row-major. */
export interface GraphTensor {
  readonly values: Float32Array;
  readonly dims: readonly number[];
}

/** One loaded network. Runs do not overlap. */
export interface Graph {
  /** Names of the inputs it takes. */
  readonly inputNames: readonly string[];
  /** Runs the graph and returns its output of that name, the caller's own. Inputs it does not take are left out, and all may be reused once it is done. */
  run(inputs: Readonly<Record<string, GraphTensor>>, output: string): Promise<Float32Array>;
  /** Frees what the runtime holds for it. */
  release(): Promise<void>;
}
