import { CsiError } from '../../errors.ts';
import type { Network, PayloadEncoder } from '../codec.ts';
import { type DualnetSpec, dualnetBits } from './dualnet.ts';
import { createDualnet, type Dualnet } from './parts.ts';

/**
 * The UE's whole computation: normalise, encode, quantise, allocate phase or sign bits from the codeword, code the phases
 * or signs.
 *
 * @param network - `magnitude` or `parts` of one sample -> `latent`
 */
export function createDualnetEncoder(
  { id, phase: own }: DualnetSpec,
  dualnet: Dualnet,
  network: Network,
): PayloadEncoder {
  const { representation, allocation } = dualnet;
  const { numAntennas, numDelays, tensor } = representation;
  const { length } = dualnet.quantizer;
  const centred = new Int16Array(length);
  const bits = new Uint8Array(allocation.numEntries);
  let quantizer = dualnet.quantizer;
  return {
    async encode(csi, { codewordTruncation = 0, phaseTheta = own.theta }) {
      if (csi.numAntennas !== numAntennas || csi.numDelays !== numDelays) {
        const found = `${csi.numAntennas} x ${csi.numDelays}`;
        throw new CsiError('csi-invalid', `CSI is ${found}, ${id} takes ${numAntennas} x ${numDelays}`);
      }
      const { input, norm } = representation.normalize(csi);
      const scale = representation.quantizeNorm(norm).level;
      const inputs = { [tensor.name]: { values: input.values, dims: [1, ...tensor.dims] } };
      const values = await network.run(inputs, 'latent');
      if (values.length !== length) {
        throw new CsiError('model-invalid', `${id}: latent has ${values.length} values, expected ${length}`);
      }
      // No await from here on: centred and bits are shared by all calls.
      if (quantizer.truncation !== codewordTruncation) quantizer = quantizer.withTruncation(codewordTruncation);
      const levels = quantizer.quantize({ domain: 'latent', values });
      quantizer.centredInto(centred, levels);
      allocation.allocateInto(bits, centred, phaseTheta);
      const codeword = quantizer.pack(levels);
      const phase = representation.encodePhase(csi, bits);
      return {
        codeword: codeword.bytes,
        scale,
        phase: phase.bytes,
        payloadBits: dualnetBits(codeword.bitLength, representation.scaleBits, phase.bitLength),
      };
    },
  };
}

/** The encoder of a model, its parts made for it. @throws CsiError `model-invalid` where the spec's do not fit each other */
export function dualnetEncoderOf(spec: DualnetSpec, network: Network): PayloadEncoder {
  return createDualnetEncoder(spec, createDualnet(spec), network);
}
