/**
 * The encoder of path reports in a WebAssembly module: a UE without a network, a runtime or weights.
 *
 * @module @edge-csi/ue-client/paths
 */
import { assertUsable, CsiError, type PathCodecSpec, type PathsSpec } from '@edge-csi/csi';
import {
  createMovingPathEncoder,
  createPathsEncoder,
  createPathUeMemory,
  knownOf,
  type MatrixEncoder,
  movingSpecOf,
  type PathCodec,
  pathCapBits,
  pathKernelTables,
  pathRateNumbers,
  stillSpecOf,
  withHistory,
} from '@edge-csi/csi/paths';
import type { ReportEncoder } from '../report-encoder.ts';
import { bytesOf, hasSimd, type Kernel, startModule } from './kernel-module.ts';

/** The part of a path codec that a UE needs. */
export type PathEncoder = Pick<PathCodec, 'spec' | 'encode'>;

interface PathKernel {
  readonly memory: Kernel['memory'];
  readonly __heap_base: { readonly value: number };
  readonly edge_csi_paths_memory: (model: number) => number;
  readonly edge_csi_paths_encode: (...addresses: readonly number[]) => number;
}

const pageBytes = 65536;
/** Version, count and check of a list, then the cells of 24 places. */
const knownBytes = 4 * (3 + 3 * 24);

/**
 * Makes the encoder of path reports in a small WebAssembly module: the payloads of `createPathCodec(spec).encode`, bit for bit,
 * in a tenth of the time.
 *
 * @param options - `simd`: whether to use WebAssembly SIMD; default: where the platform has it. The result is the same.
 * @throws CsiError `model-invalid` where the spec is none, or the platform does not run WebAssembly
 *
 * @example
 * const encoder = await createPathEncoder(spec);
 * const { payload } = encoder.encode(csi, { mode: 'cap', maxBits: 200 });
 */
export async function createPathEncoder(
  spec: PathCodecSpec,
  options: { readonly simd?: boolean } = {},
): Promise<PathEncoder> {
  const { integers, floats } = pathKernelTables(spec);
  const { kernelBase64 } = await ((options.simd ?? hasSimd())
    ? import('./kernels/paths-simd.ts')
    : import('./kernels/paths-scalar.ts'));
  const kernel = await startModule<PathKernel>(bytesOf(kernelBase64));
  const { memory } = kernel;
  const numAntennas = spec.antennas[0] * spec.antennas[1];
  const numValues = 2 * numAntennas * spec.numDelays;

  let end = kernel.__heap_base.value;
  const reserve = (byteLength: number): number => {
    const at = Math.ceil(end / 16) * 16;
    end = at + byteLength;
    const missing = end - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / pageBytes));
    return at;
  };
  // edge_csi_paths_model, _rate, _report and _known of kernel/paths.h, and what they point to.
  const [model, rateAt, reportAt, knownAt] = [reserve(8), reserve(16), reserve(12), reserve(knownBytes)];
  const [integersAt, floatsAt] = [reserve(integers.byteLength), reserve(floats.byteLength)];
  new Int32Array(memory.buffer, integersAt).set(integers);
  new Float32Array(memory.buffer, floatsAt).set(floats);
  new Uint32Array(memory.buffer, model).set([integersAt, floatsAt]);
  const [csiAt, payloadAt] = [reserve(4 * numValues), reserve(pathCapBits.most / 8)];
  const workAt = reserve(kernel.edge_csi_paths_memory(model));
  // Memory grows no more, so that views stay what they are.
  const { buffer } = memory;
  const input = new Float32Array(buffer, csiAt, numValues);
  const view = new DataView(buffer);

  return {
    spec,
    encode(csi, rate, known) {
      assertUsable(csi);
      if (csi.numAntennas !== numAntennas || csi.numDelays !== spec.numDelays) {
        const given = `${csi.numAntennas} antennas x ${csi.numDelays} delays`;
        throw new CsiError('csi-invalid', `CSI has ${given}, the codec takes ${numAntennas} x ${spec.numDelays}`);
      }
      const { maxBits, price, target, noise } = pathRateNumbers(rate);
      view.setUint32(rateAt, maxBits, true);
      for (const [i, value] of [price, target, noise].entries()) view.setFloat32(rateAt + 4 + 4 * i, value, true);
      input.set(csi.values);
      if (known !== undefined) {
        new Int32Array(buffer, knownAt, knownBytes / 4).set([known.version, known.count, known.check, ...known.cells]);
      }
      const list = known === undefined ? 0 : knownAt;
      const bits = kernel.edge_csi_paths_encode(model, workAt, csiAt, rateAt, list, payloadAt, reportAt);
      if (bits < 0) throw new CsiError('csi-invalid', 'CSI entries are out of the range of a report');
      return {
        payload: new Uint8Array(buffer, payloadAt, Math.ceil(bits / 8)).slice(),
        bits,
        numPaths: view.getInt32(reportAt, true),
        squaredErrorRatio: view.getFloat32(reportAt + 8, true),
        ...(known !== undefined && view.getInt32(reportAt + 4, true) !== 0 && { knownVersion: known.version }),
      };
    },
  };
}

/** The report encoder of a path model, for any session. @throws CsiError as `createPathEncoder` does */
export async function openPathReports(spec: PathsSpec): Promise<ReportEncoder> {
  const encoder = await openMatrices(spec.codec);
  // The module and its memory go with the last reference to them.
  return {
    ...createPathsEncoder(spec, async () => encoder),
    ...(spec.codec.doppler === false && { createMemory: () => createPathUeMemory(spec.codec) }),
    close: async () => undefined,
  };
}

async function openMatrices(spec: PathCodecSpec): Promise<MatrixEncoder> {
  if (spec.doppler === false) {
    const encoder = await createPathEncoder(spec);
    return { encode: (csi, rate, context) => encoder.encode(csi, rate, knownOf(context?.memory)) };
  }
  const still = await createPathEncoder(stillSpecOf(spec));
  const moving = await createPathEncoder(movingSpecOf(spec, spec.doppler));
  return withHistory(createMovingPathEncoder(spec, { still, moving }), spec.doppler);
}
