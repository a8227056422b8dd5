import path from 'node:path';
import { loadModel, zooDirectory } from '@edge-csi/models/disk';
import { connectUe, type EncoderChoice, openEncoder } from '@edge-csi/ue-client';
import { createMicroEncoder, integerEncoder } from '@edge-csi/ue-client/micro';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { tinyModel } from './tiny-model.ts';

const load = (id: string) => loadModel(path.join(zooDirectory(), id), ['encoder']);

describe('openEncoder', () => {
  it('opens either backend by name, and what a function makes', async () => {
    const bundle = await load('dualnet-mag-m4');
    const own = await createMicroEncoder(bundle);
    expect(await openEncoder(async () => own, bundle)).toBe(own);
    const micro = await openEncoder('micro', bundle);
    await micro.close();
    await micro.close();
  });

  it('says why micro cannot run a model whose graph it does not know', async () => {
    const { bundle } = await tinyModel('tiny-a');
    await expect(openEncoder('micro', bundle)).rejects.toMatchObject({ code: 'model-invalid' });
  });
});

describe('connectUe', () => {
  it('refuses a backend that there is not', async () => {
    const encoder = 'onnx' as EncoderChoice;
    await expect(connectUe({ url: 'ws://127.0.0.1:1', ueId: 'ue-1', encoder })).rejects.toThrow(
      /encoder is onnx, must be ort, micro or a function/,
    );
  });
});

describe('createMicroEncoder', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it('names what to allow where the platform has no WebAssembly', async () => {
    const bundle = await load('dualnet-mag-m4');
    vi.stubGlobal('WebAssembly', undefined);
    await expect(createMicroEncoder(bundle)).rejects.toMatchObject({
      code: 'model-invalid',
      message: expect.stringContaining('wasm-unsafe-eval'),
    });
  });
});

describe('integerEncoder', () => {
  it('gives every weight of the strongest delays a second byte, and others an error of half a unit', async () => {
    const encoder = integerEncoder(await load('dualnet-mag-m43'));
    expect([...encoder.inputOrder].sort((a, b) => a - b)).toEqual(Array.from({ length: 32 }, (_, i) => i));
    expect(encoder.numFine).toBe(32 * encoder.numFineDelays);
    expect(encoder.numFineDelays).toBeGreaterThan(0);
    expect(encoder.weights.length).toBe(43 * (1024 + encoder.numFine));
    for (let row = 0; row < 43; row++) {
      const columns = encoder.weights.subarray(row * (1024 + encoder.numFine), (row + 1) * (1024 + encoder.numFine));
      expect(Math.max(...columns.subarray(0, 1024).map(Math.abs))).toBe(127);
      // Half a unit in 64ths.
      expect(Math.max(...columns.subarray(1024).map(Math.abs))).toBeLessThanOrEqual(32);
    }
  });
});
