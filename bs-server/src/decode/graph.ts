import type { Network } from '@edge-csi/csi';

/** Where a graph runs. */
export type ExecutionProvider = 'cuda' | 'webgpu' | 'cpu';

/** One network, loaded by a runtime. */
export interface Graph extends Network {
  /** Names of the inputs it takes. */
  readonly inputNames: readonly string[];
  /** Frees what the runtime holds for it. */
  release(): Promise<void>;
}
