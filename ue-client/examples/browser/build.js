// Bundles the page into dist/, from where `edge-csi serve --ui` serves it.
import { copyFile, mkdir, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** @param {string} name */
const here = (name) => fileURLToPath(new URL(name, import.meta.url));

await rm(here('dist'), { recursive: true, force: true });
await mkdir(here('dist'));
for (const name of ['index.html', 'style.css', 'icon.svg']) await copyFile(here(name), here(`dist/${name}`));
await build({
  entryPoints: [here('src/main.ts'), here('src/ue-worker.ts')],
  outdir: here('dist'),
  bundle: true,
  splitting: true,
  minify: true,
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  // onnxruntime-web without its WebAssembly's glue code: that is served beside the .wasm.
  conditions: ['onnxruntime-web-use-extern-wasm'],
  logLevel: 'warning',
});
