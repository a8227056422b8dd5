/**
 * CSI as numbers: channel synthesis and simulation, transforms, normalisation, quantiser, phase and sign coders, metrics.
 *
 * @module @edge-csi/csi
 */
export { toAngularDelay, toSpatialFrequency } from './angular-delay.ts';
export { BitReader, BitWriter } from './bits.ts';
export { withEstimationNoise } from './channel/estimation-noise.ts';
export {
  defaultCarriers,
  isCdl,
  isTr38901,
  type ScenarioName,
  scenarioNames,
} from './channel/scenario.ts';
export { type ChannelSample, type SimulationOptions, simulateChannel } from './channel/simulate.ts';
export { ChannelStatistician, type ChannelStatistics } from './channel/statistics.ts';
export type {
  AngularDelayCsi,
  BitString,
  Codeword,
  CsiShape,
  Latent,
  NormalizedMagnitude,
  NormalizedParts,
  Scale,
  SpatialFrequencyCsi,
} from './csi.ts';
export { CsiError, type CsiErrorCode } from './errors.ts';
export { componentErrorRatio, magnitudeErrorRatio, nmseDb, rho, sgcs, squaredErrorRatio } from './metrics.ts';
export { invertMinmaxInto, type MinmaxRange, normalizeMinmax, uplinkMinmaxInto } from './minmax.ts';
export {
  assertUsable,
  frobeniusNorm,
  normalizePartsSpherical,
  normalizeSpherical,
  uplinkMagnitudeInto,
  uplinkPartsInto,
} from './normalize.ts';
export type { Band, PathList, Timing } from './path-list.ts';
export {
  createPhaseAllocation,
  type PhaseAllocation,
  type PhaseAllocationOptions,
  phaseThresholds,
} from './phase-allocation.ts';
export { encodePhase, type PhaseReport, reconstructInto } from './phase-coder.ts';
export { createQuantizer, type Quantizer } from './quantizer.ts';
export { createRandom, type Random } from './random.ts';
export {
  type ComponentReport,
  createRepresentation,
  type NormalizationSpec,
  type Representation,
  type RepresentationSpec,
} from './representation.ts';
export { dequantizeScale, quantizeScale, type ScaleSpec } from './scale.ts';
export { encodeSigns, reconstructFromSignsInto, type SignReport } from './sign-coder.ts';
export { createSynthesizer, type Synthesizer, synthesizeSpatialFrequency } from './synthesis.ts';
export { createUplinkDenoiser, type UplinkDenoiser } from './uplink-denoiser.ts';
export { createUplinkInput, type UplinkInput } from './uplink-input.ts';
