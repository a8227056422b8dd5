import { CsiError } from '@edge-csi/csi';
import { fromFloat16 } from '@edge-csi/models';
import { Tensor } from 'onnxruntime-node';
import type { GraphTensor } from './graph.ts';
import { openOrtSession } from './ort-graph.ts';

/** A loaded network, looked at through all of its outputs. */
export interface OrtProbe {
  readonly inputNames: readonly string[];
  /**
   * Runs the network on the CPU and returns every output by name, integers as floats. Inputs it does not take are left out.
   *
   * @throws CsiError `model-invalid`, naming the file, where an input is missing or of another shape.
   */
  run(inputs: Readonly<Record<string, GraphTensor>>): Promise<ReadonlyMap<string, GraphTensor>>;
  release(): Promise<void>;
}

/**
 * Loads an ONNX file to look at what it computes.
 *
 * @param file - its name, for messages
 * @throws CsiError `model-invalid`, naming the file, where it is no model or has an operator that onnxruntime does not.
 */
export async function openOrtProbe(onnx: Uint8Array, file: string): Promise<OrtProbe> {
  const named = (cause: unknown) => new CsiError('model-invalid', `${file}: ${(cause as Error).message}`, { cause });
  const session = await openOrtSession(onnx, 'cpu', { intraOpNumThreads: 1 }).catch((cause) => {
    throw named(cause);
  });
  const { inputNames } = session;
  return {
    inputNames,
    run: async (inputs) => {
      const feeds = Object.fromEntries(
        Object.entries(inputs)
          .filter(([name]) => inputNames.includes(name))
          .map(([name, { values, dims }]) => [name, new Tensor('float32', values, dims)]),
      );
      const outputs = await session.run(feeds).catch((cause) => {
        throw named(cause);
      });
      return new Map(
        Object.entries(outputs).map(([name, tensor]) => [name, { values: toFloat32(tensor), dims: tensor.dims }]),
      );
    },
    release: () => session.release(),
  };
}

function toFloat32({ type, data }: Tensor): Float32Array {
  if (type === 'float32') return data as Float32Array;
  if (type === 'float16') return Float32Array.from(data as Uint16Array, fromFloat16);
  return Float32Array.from(data as ArrayLike<number | bigint>, Number);
}
