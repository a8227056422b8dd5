import { CsiError } from '../../errors.ts';
import { createUplinkInput } from '../../uplink/input.ts';
import type { Network, Networks, PayloadEncoder, UeCodec, Unquantized } from '../codec.ts';
import { createDualnet, type Dualnet, type DualnetSpec, dualnetBits, dualnetKnobs } from './dualnet.ts';
import { createRepresentation } from './representation.ts';

/** The UE's end of the codec. */
export function createDualnetUe(spec: DualnetSpec): UeCodec {
  const { numAntennas, numDelays, tensor, trialNorm } = createRepresentation(spec.representation);
  return {
    kind: spec.kind,
    shape: { numAntennas, numDelays },
    knobs: dualnetKnobs(spec),
    networks: [{ name: 'encoder', input: tensor.name }],
    trialNorm,
    createEncoder: ({ encoder }) => createDualnetEncoder(spec, createDualnet(spec), encoder as Network),
  };
}

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

/** What a model's networks make of samples without its quantiser and phases. */
export function unquantizedDualnet(spec: DualnetSpec, networks: Networks): Unquantized {
  const { encoder, decoder } = networks as { readonly encoder: Network; readonly decoder: Network };
  const { representation, quantizer } = createDualnet(spec);
  const { tensor, numComponents } = representation;
  const { length } = quantizer;
  const uplinkInto = createUplinkInput(representation);
  return async (samples) => {
    const count = samples.length;
    const latent = { values: new Float32Array(count * length), dims: [count, length] };
    const uplinks = { values: new Float32Array(count * numComponents), dims: [count, ...tensor.dims] };
    const truths: Float32Array[] = [];
    for (const [i, { downlink, uplink }] of samples.entries()) {
      const { values } = representation.normalize(downlink).input;
      const inputs = { [tensor.name]: { values, dims: [1, ...tensor.dims] } };
      latent.values.set(await encoder.run(inputs, 'latent'), i * length);
      uplinkInto(uplinks.values.subarray(i * numComponents, (i + 1) * numComponents), uplink.values);
      representation.denormalize(values);
      truths.push(values);
    }
    // An unquantised component is known exactly: its cell has no width.
    const cell = { values: new Float32Array(count * length), dims: [count, length] };
    const decoded = await decoder.run({ latent, cell, uplink: uplinks }, tensor.name);
    representation.denormalize(decoded);
    return truths.map((truth, i) => ({ truth, decoded: decoded.slice(i * numComponents, (i + 1) * numComponents) }));
  };
}
