// Assembles each *-kernel.wat into a *-kernel-bytes.ts beside its only user, which is committed.
import { readFile, writeFile } from 'node:fs/promises';
import createWabt from 'wabt';

const kernels = [
  ['coarse', 'src/codec/dualnet', 'the coarse magnitude'],
  ['rank-one', 'src/transform', 'sums of rank-one matrices'],
];

const wabt = await createWabt();
for (const [name, folder, of] of kernels) {
  const source = `${name}-kernel.wat`;
  const kernel = wabt.parseWat(source, await readFile(new URL(source, import.meta.url), 'utf8'), { simd: true });
  kernel.validate();
  const { buffer } = kernel.toBinary({});
  kernel.destroy();
  await writeFile(
    new URL(`./${folder}/${name}-kernel-bytes.ts`, import.meta.url),
    `// Generated from ${source} by \`npm run generate --workspace csi\`; do not edit.
/** The WebAssembly SIMD kernel of ${of}, ${buffer.length} bytes in base64. */
export const ${name.toUpperCase().replace('-', '_')}_KERNEL_BASE64 =
  '${Buffer.from(buffer).toString('base64')}';
`,
  );
}
