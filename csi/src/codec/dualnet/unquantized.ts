import { createUplinkInput } from '../../uplink/input.ts';
import type { Network, Networks, Unquantized } from '../codec.ts';
import type { DualnetSpec } from './dualnet.ts';
import { createDualnet } from './parts.ts';

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
      uplinkInto(uplinks.values.subarray(i * numComponents, (i + 1) * numComponents), uplink?.values);
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
