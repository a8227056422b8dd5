/** Where a graph runs. */
export type ExecutionProvider = 'cuda' | 'webgpu' | 'cpu';

/** A dense float32 tensor, row-major. */
export interface GraphTensor {
  readonly values: Float32Array;
  readonly dims: readonly number[];
}

/** One loaded network. Runs do not overlap. */
export interface Graph {
  /** Runs the graph and returns its output of that name, the caller's own. The inputs may be reused once it is done. */
  run(inputs: Readonly<Record<string, GraphTensor>>, output: string): Promise<Float32Array>;
  release(): Promise<void>;
}
