import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { loadModel, zooDirectory } from '@edge-csi/models/disk';
import { integerEncoder } from '@edge-csi/ue-client/micro';
import { build, type Metafile } from 'esbuild';
import { describe, expect, it } from 'vitest';

// The whole client for a browser, as the README says to bundle it.
const source = `
  import { connectUe } from '@edge-csi/ue-client';
  import { createMicroEncoder } from '@edge-csi/ue-client/micro';
  globalThis.connect = (options) => connectUe({ ...options, encoder: (bundle) => createMicroEncoder(bundle) });
`;

async function bundleForBrowser() {
  const { outputFiles, metafile } = await build({
    stdin: { contents: source, resolveDir: import.meta.dirname },
    ...({ bundle: true, minify: true, splitting: true, format: 'esm', platform: 'browser' } as const),
    ...{ outdir: '/bundle', write: false, metafile: true },
  });
  return { outputFiles: outputFiles ?? [], metafile: metafile as Metafile };
}

/** Names of the entry's output and every chunk it imports without being asked to later. */
function loadedAtStart({ outputs }: Metafile): Set<string> {
  const entry = Object.keys(outputs).find((name) => outputs[name]?.entryPoint === '<stdin>') as string;
  const loaded = new Set([entry]);
  for (const name of loaded) {
    for (const { path: imported, kind } of outputs[name]?.imports ?? []) {
      if (kind === 'import-statement') loaded.add(imported);
    }
  }
  return loaded;
}

describe('size of the UE client with the micro encoder', () => {
  it('is under 44 KiB gzipped for a browser, without onnxruntime-web', async () => {
    const { outputFiles, metafile } = await bundleForBrowser();
    const loaded = loadedAtStart(metafile);
    let bytes = 0;
    for (const { path: file, contents } of outputFiles) {
      if ([...loaded].some((name) => file.endsWith(path.basename(name))))
        bytes += gzipSync(contents, { level: 9 }).length;
    }
    const inputs = [...loaded].flatMap((name) => Object.keys(metafile.outputs[name]?.inputs ?? {}));
    console.log(`UE client with micro: ${bytes} bytes gzipped, ${inputs.length} modules`);
    expect(inputs.some((name) => name.includes('micro-encoder'))).toBe(true);
    expect(inputs.filter((name) => name.includes('onnxruntime'))).toEqual([]);
    expect(bytes).toBeLessThan(44 * 1024);
  });

  it.each(['int8-simd', 'int8-scalar', 'float32-simd', 'float32-scalar', 'paths-simd', 'paths-scalar'])(
    'has a %s kernel under 16 KB gzipped',
    async (name) => {
      const file = new URL(`../../../ue-client/src/micro/kernels/${name}.ts`, import.meta.url);
      const { kernelBase64 } = (await import(file.href)) as { readonly kernelBase64: string };
      const module = Buffer.from(kernelBase64, 'base64');
      expect(module.subarray(1, 4).toString()).toBe('asm');
      expect(gzipSync(module, { level: 9 }).length).toBeLessThan(16_000);
    },
  );

  it('has int8 weights under 48 KiB for the M = 43 of microcontrollers, and under 50 KiB for the whole one', async () => {
    const weightsOf = async (id: string) =>
      integerEncoder(await loadModel(path.join(zooDirectory(), id), ['encoder'])).weights;
    expect((await weightsOf('dualnet-mag-m43-d12-w4')).length).toBeLessThan(48 * 1024);
    expect((await weightsOf('dualnet-mag-m43')).length).toBeLessThan(50 * 1024);
  });
});
