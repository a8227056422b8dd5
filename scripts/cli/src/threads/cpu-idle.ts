import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from '@edge-csi/lab/metrics';

const windowMs = 250;
/** Share of one core that counts as idle. */
const idleShare = 0.15;

/**
 * Waits until this process, all its threads together, has stopped computing. A JavaScript engine goes on compiling for
 * seconds in the background after WebAssembly has first run, which is a cost of starting and not of the link.
 *
 * @param timeoutMs - longest wait; a process that stays busy is taken as it is
 */
export async function cpuIdle(timeoutMs: number): Promise<void> {
  const giveUpMs = monotonicMs() + timeoutMs;
  while (monotonicMs() < giveUpMs) {
    const before = process.cpuUsage();
    await sleep(windowMs);
    const { user, system } = process.cpuUsage(before);
    if ((user + system) / 1000 < idleShare * windowMs) return;
  }
}
