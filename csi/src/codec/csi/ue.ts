import type { Network, PayloadEncoder, UeCodec } from '../codec.ts';
import { type ComplexSpec, complexKnobs, trialNormOf } from './csi.ts';

/** The UE's end of the codec. */
export function createComplexUe(spec: ComplexSpec): UeCodec {
  return {
    kind: spec.kind,
    shape: spec.shape,
    knobs: complexKnobs(),
    networks: [{ name: 'encoder', input: spec.tensors.encoder.csi }],
    trialNorm: trialNormOf(spec),
    createEncoder: ({ encoder }) => {
      // Loaded by the first report: a UE with a kernel of its own never needs it.
      let made: Promise<PayloadEncoder> | undefined;
      return {
        encode: async (csi, rate) => {
          made ??= import('../network-encoders.ts').then((own) => own.createComplexEncoder(spec, encoder as Network));
          return (await made).encode(csi, rate);
        },
      };
    },
  };
}
