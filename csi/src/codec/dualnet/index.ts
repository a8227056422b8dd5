/**
 * The parts of DualNet's codec one by one, for tools that fit, export or time them: representation, quantiser, allocation.
 *
 * @module @edge-csi/csi/dualnet
 */
export { createDualnetEncoder } from './encoder.ts';
export { createDualnet, type Dualnet } from './parts.ts';
export {
  createPhaseAllocation,
  type PhaseAllocation,
  type PhaseAllocationOptions,
  phaseThresholds,
} from './phase-allocation.ts';
