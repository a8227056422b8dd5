import {
  type AngularDelayCsi,
  assertUsable,
  CsiError,
  checkRate,
  createQuantizer,
  createRepresentation,
  createUeCodec,
  dualnetBits,
} from '@edge-csi/csi';
import { type ModelBundle, type ReportBundle, requireNetworks } from '@edge-csi/models';
import type { ReportEncoder } from '../report-encoder.ts';
import { integerEncoder } from './integer-encoder.ts';
import { layOut } from './kernel-memory.ts';
import { startKernel } from './kernel-module.ts';
import { floatEncoder } from './layers.ts';

/** Which of its modules the micro encoder uses. */
export interface MicroOptions {
  /**
   * int8, a quarter of the size and the same integers as the C export; or float32, the model's own weights. Default int8.
   */
  readonly weights?: 'int8' | 'float32';
  /** Whether to use WebAssembly SIMD; default: where the platform has it. The result is the same with int8 weights. */
  readonly simd?: boolean;
}

/**
 * Makes an encoder that does the UE's whole computation in one small WebAssembly module, without onnxruntime-web.
 *
 * @param model loaded with its encoder
 * @throws CsiError `model-invalid` where the encoder has layers that the module does not know, or the platform does not
 * run WebAssembly
 */
export async function createMicroEncoder(model: ReportBundle, options: MicroOptions = {}): Promise<ReportEncoder> {
  const bundle = requireNetworks(model);
  const { weights = 'int8', simd } = options;
  const { manifest } = bundle;
  const { codeword } = bundle.codec;
  const { knobs } = createUeCodec(bundle.codec);
  const representation = createRepresentation(bundle.codec.representation);
  let quantizer = createQuantizer(codeword.bits, codeword.step);
  const { numAntennas, numDelays } = manifest.csi;
  const encoder = weights === 'int8' ? integerEncoder(bundle) : floatEncoder(bundle);
  const kernel = await startKernel(weights, simd);
  const memory = layOut(kernel, bundle, quantizer.totalBits, encoder);
  const { theta } = manifest.phase;
  return {
    async encode(csi, rate) {
      requireShape(csi, bundle);
      checkRate(knobs, rate);
      const { codewordTruncation = 0, phaseTheta = theta } = rate;
      quantizer = quantizer.withTruncation(codewordTruncation);
      memory.csi.set(csi.values);
      const phaseBits = kernel.encode(memory.model, codewordTruncation, phaseTheta);
      if (phaseBits < 0) {
        assertUsable(csi);
        throw new CsiError('csi-invalid', `the norm of the ${numAntennas} x ${numDelays} CSI is out of range`);
      }
      const norm = manifest.normalization.kind === 'spherical' ? (memory.norm[0] as number) : 1;
      const scale = representation.quantizeNorm(norm).level;
      return {
        codeword: memory.codeword.slice(0, Math.ceil(quantizer.totalBits / 8)),
        scale,
        phase: memory.phase.slice(0, Math.ceil(phaseBits / 8)),
        payloadBits: dualnetBits(quantizer.totalBits, representation.scaleBits, phaseBits),
      };
    },
    // The module and its memory go with the last reference to them.
    close: async () => undefined,
  };
}

/** What the kernel cannot see: it reads as many floats as the model's shape says. */
function requireShape(csi: AngularDelayCsi, { manifest }: ModelBundle): void {
  const { numAntennas, numDelays } = manifest.csi;
  if (csi.numAntennas !== numAntennas || csi.numDelays !== numDelays) {
    const found = `${csi.numAntennas} x ${csi.numDelays}`;
    throw new CsiError('csi-invalid', `CSI is ${found}, ${manifest.id} takes ${numAntennas} x ${numDelays}`);
  }
  const { values, domain } = csi;
  const fits = values instanceof Float32Array && values.length === 2 * numAntennas * numDelays;
  if (!fits || domain !== 'angular-delay') assertUsable(csi);
}
