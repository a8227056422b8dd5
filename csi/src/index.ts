export { toAngularDelay, toSpatialFrequency } from './angular-delay.ts';
export { BitReader, BitWriter } from './bits.ts';
export type {
  AngularDelayCsi,
  BitString,
  Codeword,
  CsiShape,
  Latent,
  NormalizedMagnitude,
  Scale,
  SpatialFrequencyCsi,
} from './csi.ts';
export { CsiError, type CsiErrorCode } from './errors.ts';
export { magnitudeErrorRatio, nmseDb, rho, sgcs, squaredErrorRatio } from './metrics.ts';
export {
  assertUsable,
  dequantizeScale,
  frobeniusNorm,
  invertMinmax,
  type MinmaxRange,
  normalizeMinmax,
  normalizeSpherical,
  quantizeScale,
  type ScaleSpec,
  uplinkMagnitudeInto,
} from './normalize.ts';
export {
  type Band,
  type PathList,
  synthesizeAngularDelay,
  synthesizeSpatialFrequency,
  type Timing,
} from './path-list.ts';
export {
  createPhaseAllocation,
  type PhaseAllocation,
  type PhaseAllocationOptions,
  phaseThresholds,
} from './phase-allocation.ts';
export { encodePhase, type PhaseReport, reconstructInto } from './phase-coder.ts';
export { createQuantizer, type Quantizer } from './quantizer.ts';
export { createRandom, type Random } from './random.ts';
