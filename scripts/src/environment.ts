import { createRequire } from 'node:module';
import { availableParallelism, cpus } from 'node:os';

/** Where figures were measured. */
export interface Environment {
  readonly node: string;
  readonly cpu: string;
  readonly cores: number;
  /** Execution provider of the decoder: cpu, cuda, webgpu. */
  readonly provider: string;
  readonly versions: Readonly<Record<string, string>>;
}

const require = createRequire(import.meta.url);

/** Describes this machine and the versions that matter for a measurement. */
export function describeEnvironment(provider: string): Environment {
  const own = require('../package.json') as { version: string };
  return {
    node: process.versions.node,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    provider,
    versions: { 'edge-csi': own.version, v8: process.versions.v8 },
  };
}
