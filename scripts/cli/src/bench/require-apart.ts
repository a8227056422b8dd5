import path from 'node:path';
import { sha256Of } from '@edge-csi/lab/data';
import { UsageError } from '@edge-csi/lab/usage-error';

/**
 * Refuses bytes in two roles: fitted or chosen on what they are measured on, figures would flatter.
 *
 * @param roles - files by the option that names them
 * @throws UsageError where two are the same data.
 */
export async function requireApart(roles: Readonly<Record<string, string | undefined>>): Promise<void> {
  const seen = new Map<string, string>();
  for (const [option, file] of Object.entries(roles)) {
    if (file === undefined) continue;
    const hash = await sha256Of(file);
    const earlier = seen.get(hash);
    if (earlier !== undefined) {
      throw new UsageError(`${option} and ${earlier} are the same data (${path.basename(file)}); give another file`);
    }
    seen.set(hash, option);
  }
}
