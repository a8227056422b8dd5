import path from 'node:path';
import { loadModel, zooDirectory } from '@edge-csi/models/disk';
import { createOrtEncoder } from '@edge-csi/ue-client/ort';
import { expect, it } from 'vitest';

// In a file of its own: onnxruntime-web starts once a process, or never.
it('tells a runtime that does not start from a model that is broken, and names the file that did not load', async () => {
  const bundle = await loadModel(path.join(zooDirectory(), 'dualnet-mag-m16'), ['encoder']);
  await expect(createOrtEncoder(bundle, { wasmPaths: '/nowhere/' })).rejects.toMatchObject({
    code: 'dependency-missing',
    message: expect.stringMatching(/ort-wasm-simd-threaded\.wasm.* \/nowhere\/$/),
  });
});
