import { createQuantizer, type Quantizer } from '../quantizer.ts';
import type { DualnetSpec } from './dualnet.ts';
import { createPhaseAllocation, type PhaseAllocation } from './phase-allocation.ts';
import { createRepresentation, type Representation } from './representation.ts';

/** The parts that both ends are made of. */
export interface Dualnet {
  readonly representation: Representation;
  readonly quantizer: Quantizer;
  readonly allocation: PhaseAllocation;
}

/** @throws CsiError `model-invalid` where the allocation does not fit the rest. */
export function createDualnet({ representation: spec, codeword, phase, allocation }: DualnetSpec): Dualnet {
  const representation = createRepresentation(spec);
  return {
    representation,
    quantizer: createQuantizer(codeword.bits, codeword.step),
    allocation: createPhaseAllocation({
      bytes: allocation,
      numEntries: representation.numComponents,
      codewordLength: codeword.bits.length,
      maxBits: phase.maxBits,
    }),
  };
}
