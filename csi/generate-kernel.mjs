// Assembles coarse-kernel.wat into src/coarse-kernel-bytes.ts, which is committed.
import { readFile, writeFile } from 'node:fs/promises';
import createWabt from 'wabt';

const source = new URL('./coarse-kernel.wat', import.meta.url);
const target = new URL('./src/coarse-kernel-bytes.ts', import.meta.url);

const wabt = await createWabt();
const kernel = wabt.parseWat('coarse-kernel.wat', await readFile(source, 'utf8'), { simd: true });
kernel.validate();
const { buffer } = kernel.toBinary({});
kernel.destroy();
await writeFile(
  target,
  `// Generated from coarse-kernel.wat by \`npm run generate --workspace csi\`; do not edit.
/** The WebAssembly SIMD kernel of the coarse magnitude, ${buffer.length} bytes in base64. */
export const COARSE_KERNEL_BASE64 =
  '${Buffer.from(buffer).toString('base64')}';
`,
);
