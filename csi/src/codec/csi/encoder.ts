import { CsiError } from '../../errors.ts';
import type { Network, PayloadEncoder } from '../codec.ts';
import { createQuantizer } from '../quantizer.ts';
import type { ComplexSpec } from './csi.ts';
import { createPlanes } from './planes.ts';

/** The UE's whole computation: normalise, encode, quantise the codeword. */
export function createComplexEncoder(
  { id, shape, normalization, tensors: { encoder: tensors }, codeword: { bits, step, offset } }: ComplexSpec,
  network: Network,
): PayloadEncoder {
  const planes = createPlanes(shape, normalization);
  let quantizer = createQuantizer(bits, step);
  return {
    async encode(csi, { codewordTruncation = 0 }) {
      if (csi.numAntennas !== shape.numAntennas || csi.numDelays !== shape.numDelays) {
        const found = `${csi.numAntennas} x ${csi.numDelays}`;
        throw new CsiError('csi-invalid', `CSI is ${found}, ${id} takes ${shape.numAntennas} x ${shape.numDelays}`);
      }
      const { input, norm } = planes.normalize(csi);
      const scale = planes.quantizeNorm(norm);
      const inputs = { [tensors.csi]: { values: input.values, dims: [1, ...planes.dims] } };
      const values = await network.run(inputs, tensors.codeword);
      if (values.length !== bits.length) {
        const found = `${tensors.codeword} has ${values.length} values`;
        throw new CsiError('model-invalid', `${id}: ${found}, expected ${bits.length}`);
      }
      if (quantizer.truncation !== codewordTruncation) quantizer = quantizer.withTruncation(codewordTruncation);
      for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) - (offset[i] as number);
      const { bytes, bitLength } = quantizer.pack(quantizer.quantize({ domain: 'latent', values }));
      return {
        codeword: bytes,
        scale,
        phase: new Uint8Array(0),
        payloadBits: { codeword: bitLength, scale: planes.scaleBits, total: bitLength + planes.scaleBits },
      };
    },
  };
}
