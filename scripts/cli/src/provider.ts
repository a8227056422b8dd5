import type { ExecutionProvider } from '@edge-csi/bs-server';
import { UsageError } from '@edge-csi/lab/usage-error';
import { list } from './usage.ts';

const known: readonly ExecutionProvider[] = ['cuda', 'webgpu', 'cpu'];

/** Parser of `--provider`: execution providers in the order they are tried. */
export function providers(text: string): ExecutionProvider[] {
  return list('--provider')(text).map((name) => {
    const provider = known.find((candidate) => candidate === name);
    if (provider === undefined) throw new UsageError(`--provider names '${name}', give some of ${known.join(', ')}`);
    return provider;
  });
}

/** A GPU where there is a faster one, else the CPU. */
export const defaultProviders: ExecutionProvider[] = [...known];
