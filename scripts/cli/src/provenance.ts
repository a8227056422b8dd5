import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, loadavg } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Environment } from '@edge-csi/report';

interface PackageFile {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
}

/** Describes this machine and the versions that matter for a measurement. */
export function describeEnvironment(provider: string): Environment {
  const require = createRequire(import.meta.url);
  const packageOf = (entry: string) => require(fileURLToPath(new URL('../package.json', entry))) as PackageFile;
  // Dependencies are pinned, so what is declared is what runs.
  const bs = packageOf(import.meta.resolve('@edge-csi/bs-server')).dependencies;
  const own = packageOf(import.meta.url);
  return {
    node: process.versions.node,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    provider,
    ...(provider === 'cuda' || provider === 'webgpu' ? gpu() : {}),
    versions: {
      'edge-csi': own.version,
      'onnxruntime-node': bs['onnxruntime-node'] ?? 'unknown',
      'onnxruntime-web': own.dependencies['onnxruntime-web'] ?? 'unknown',
      ws: bs.ws ?? 'unknown',
      v8: process.versions.v8,
    },
  };
}

/**
 * The command line of this process as a shell takes it, without folders: those of one machine say nothing to the reader of
 * another.
 */
export function commandLine(): string {
  return ['edge-csi', ...process.argv.slice(2).map((argument) => quoted(withoutFolders(argument)))].join(' ');
}

/** A list of files, or of NAME=FILE, has folders in the middle. */
function withoutFolders(argument: string): string {
  return argument
    .split(/([,=])/)
    .map((part) => path.basename(part))
    .join('');
}

function quoted(argument: string): string {
  return /^[\w.,:=@%+-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;
}

/** When a measurement begins, and how busy the machine is with other things. */
export function describeStart(): { readonly startedAt: string; readonly loadAverage: number } {
  return { startedAt: new Date().toISOString(), loadAverage: loadavg()[0] ?? Number.NaN };
}

const nvidiaDriver = '/proc/driver/nvidia/gpus';

/** The first NVIDIA GPU of a Linux machine. */
function gpu(): { readonly gpu?: string } {
  try {
    const [device = ''] = readdirSync(nvidiaDriver);
    const model = /^Model:\s*(.+)$/m.exec(readFileSync(path.join(nvidiaDriver, device, 'information'), 'utf8'))?.[1];
    return model === undefined ? {} : { gpu: model };
  } catch {
    // Another driver, or another system.
    return {};
  }
}
