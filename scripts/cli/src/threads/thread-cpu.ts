import { readFileSync } from 'node:fs';

/**
 * Time the calling thread has spent on a processor, in milliseconds. Unlike wall time it does not grow while something
 * else has the processor. Undefined where the platform does not say: Linux only.
 */
export function threadCpuMs(): number | undefined {
  try {
    const [onCpuNs] = readFileSync('/proc/thread-self/schedstat', 'ascii').split(' ');
    return Number(onCpuNs) / 1e6;
  } catch {
    return undefined;
  }
}
