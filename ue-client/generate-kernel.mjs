// Compiles kernel/wasm.c into src/micro/kernel-bytes.ts, which is committed. It takes clang and wasm-ld (Debian: apt-get
// install clang lld). Where they are missing, or another version than the one the file was made with, the committed file
// stays as it is and the reason is printed: what another version makes of the source is no drift of the source.
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('./kernel/wasm.c', import.meta.url));
const target = new URL('./src/micro/kernel-bytes.ts', import.meta.url);
const flags = [
  ...['--target=wasm32', '-std=c99', '-O2', '-Wall', '-Wextra', '-Werror', '-ffreestanding', '-nostdlib'],
  '-Wl,--no-entry,--strip-all,--stack-first,-z,stack-size=4096,--export=__heap_base',
];

const version = compilerVersion();
const made = (await readFile(target, 'utf8').catch(() => '')).match(/made by clang (\d+)/)?.[1];
if (version === undefined) {
  console.log('kernel not rebuilt: clang or wasm-ld is not installed');
} else if (made !== undefined && made !== version && !process.argv.includes('--force')) {
  console.log(`kernel not rebuilt: this is clang ${version}, the committed one was made by clang ${made}; --force does`);
} else {
  await writeFile(
    target,
    `// Generated from kernel/wasm.c by \`npm run generate --workspace ue-client\`, made by clang ${version}; do not edit.
/** The encoder as a WebAssembly module with SIMD, base64. */
export const SIMD_KERNEL_BASE64 =
  '${await compile(['-msimd128'])}';

/** The same without SIMD, base64. */
export const SCALAR_KERNEL_BASE64 =
  '${await compile([])}';
`,
  );
}

/** Major version of clang, where it and the linker are there. */
function compilerVersion() {
  try {
    execFileSync('wasm-ld', ['--version']);
    return execFileSync('clang', ['--version'], { encoding: 'utf8' }).match(/clang version (\d+)/)?.[1];
  } catch {
    return undefined;
  }
}

async function compile(extra) {
  const folder = await mkdtemp(path.join(tmpdir(), 'edge-csi-kernel-'));
  const output = path.join(folder, 'kernel.wasm');
  execFileSync('clang', [...flags, ...extra, '-o', output, source], { stdio: 'inherit' });
  const bytes = await readFile(output);
  await rm(folder, { recursive: true });
  return bytes.toString('base64');
}
