import type { Network, PayloadEncoder, UeCodec } from '../codec.ts';
import { type DualnetSpec, dualnetKnobs } from './dualnet.ts';
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
    createEncoder: ({ encoder }) => {
      // Loaded by the first report: a UE with a kernel of its own never needs it.
      let made: Promise<PayloadEncoder> | undefined;
      return {
        encode: async (csi, rate) => {
          made ??= import('../network-encoders.ts').then(({ dualnetEncoderOf }) =>
            dualnetEncoderOf(spec, encoder as Network),
          );
          return (await made).encode(csi, rate);
        },
      };
    },
  };
}
