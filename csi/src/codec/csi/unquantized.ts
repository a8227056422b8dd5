import { createUplinkInput } from '../../uplink/input.ts';
import type { Network, Networks, Unquantized } from '../codec.ts';
import type { ComplexSpec } from './csi.ts';
import { createPlanes } from './planes.ts';

/** What a model's networks make of samples without its quantiser: CSI, over its norm where the model divides by that. */
export function unquantizedComplex(spec: ComplexSpec, networks: Networks): Unquantized {
  const { encoder, decoder } = networks as { readonly encoder: Network; readonly decoder: Network };
  const planes = createPlanes(spec.shape, spec.normalization);
  const { dims, numComponents } = planes;
  const { length } = spec.codeword.bits;
  const { tensors } = spec;
  const uplinkInto = createUplinkInput(planes);
  return async (samples) => {
    const count = samples.length;
    const codewords = { values: new Float32Array(count * length), dims: [count, length] };
    const uplinks = { values: new Float32Array(count * numComponents), dims: [count, ...dims] };
    const truths: Float32Array[] = [];
    for (const [i, { downlink, uplink }] of samples.entries()) {
      const { values } = planes.normalize(downlink).input;
      const inputs = { [tensors.encoder.csi]: { values, dims: [1, ...dims] } };
      codewords.values.set(await encoder.run(inputs, tensors.encoder.codeword), i * length);
      uplinkInto(uplinks.values.subarray(i * numComponents, (i + 1) * numComponents), uplink?.values);
      planes.denormalizeInto(values, values, 1);
      truths.push(values);
    }
    const inputs = {
      [tensors.decoder.codeword]: codewords,
      ...(tensors.decoder.uplink !== undefined && { [tensors.decoder.uplink]: uplinks }),
    };
    const decoded = await decoder.run(inputs, tensors.decoder.csi);
    planes.denormalizeInto(decoded, decoded, 1);
    return truths.map((truth, i) => ({ truth, decoded: decoded.slice(i * numComponents, (i + 1) * numComponents) }));
  };
}
