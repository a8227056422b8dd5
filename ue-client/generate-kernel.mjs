// Compiles kernel/wasm.c and kernel/paths.c into src/micro/kernels/, which is committed. It takes clang and wasm-ld
// (Debian: apt-get install clang lld). Where they are missing, or another version than the one the files were made with,
// the committed files stay as they are and the reason is printed: what another version makes of the source is no drift of
// the source.
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const flags = [
  ...['--target=wasm32', '-std=c99', '-Wall', '-Wextra', '-Werror', '-ffreestanding', '-nostdlib'],
  '-Wl,--no-entry,--strip-all,--stack-first,-z,stack-size=4096,--export=__heap_base',
];

// The SIMD loops are written out, so optimising for size costs nothing there; the scalar modules are for old platforms.
const simd = ['-Os', '-msimd128'];
const scalar = ['-O2'];
const float = '-DEDGE_CSI_FLOAT_WEIGHTS';
// Sums of paths are the same everywhere: no product is added unrounded.
const paths = [
  ...['-Os', '-ffp-contract=off', '-fno-math-errno'],
  ...['memory', 'input', 'encode'].map((name) => `-Wl,--export=edge_csi_paths_${name}`),
];
const modules = [
  { name: 'int8-simd', what: 'for int8 weights, with SIMD', options: simd },
  { name: 'int8-scalar', what: 'for int8 weights, without SIMD', options: scalar },
  { name: 'float32-simd', what: 'for float32 weights, with SIMD', options: [...simd, float] },
  { name: 'float32-scalar', what: 'for float32 weights, without SIMD', options: [...scalar, float] },
  { name: 'paths-simd', what: 'for path reports, with SIMD', source: 'paths.c', options: [...paths, '-msimd128'] },
  { name: 'paths-scalar', what: 'for path reports, without SIMD', source: 'paths.c', options: paths },
];

const version = compilerVersion();
const targets = modules.map(({ name }) => new URL(`./src/micro/kernels/${name}.ts`, import.meta.url));
const made = (await readFile(targets[0], 'utf8').catch(() => '')).match(/made by clang (\d+)/)?.[1];
if (version === undefined) {
  console.log('kernel not rebuilt: clang or wasm-ld is not installed');
} else if (made !== undefined && made !== version && !process.argv.includes('--force')) {
  console.log(
    `kernel not rebuilt: this is clang ${version}, the committed one was made by clang ${made}; --force does`,
  );
} else {
  for (const [i, { what, source = 'wasm.c', options }] of modules.entries()) {
    await writeFile(
      targets[i],
      `// Generated from kernel/${source} by \`npm run generate --workspace ue-client\`, made by clang ${version}; do not edit.
/** The encoder as a WebAssembly module ${what}, base64. */
export const kernelBase64 =
  '${await compile(source, options)}';
`,
    );
  }
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

async function compile(source, extra) {
  const folder = await mkdtemp(path.join(tmpdir(), 'edge-csi-kernel-'));
  const output = path.join(folder, 'kernel.wasm');
  const input = fileURLToPath(new URL(`./kernel/${source}`, import.meta.url));
  execFileSync('clang', [...flags, ...extra, '-o', output, input], { stdio: 'inherit' });
  const bytes = await readFile(output);
  await rm(folder, { recursive: true });
  return bytes.toString('base64');
}
