// Bundles the page into the folder it is given, from where `edge-csi serve --ui` serves it.
import { copyFile, mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** @param {string} name */
const here = (name) => fileURLToPath(new URL(name, import.meta.url));

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: node build.js FOLDER');

await rm(folder, { recursive: true, force: true });
await mkdir(folder);
for (const name of ['index.html', 'style.css', 'icon.svg']) await copyFile(here(name), path.join(folder, name));
await build({
  entryPoints: [here('src/main.ts'), here('src/ue-worker.ts')],
  outdir: folder,
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
