/**
 * CSI as numbers: channel synthesis and simulation, transforms, normalisation, quantiser, phase and sign coders, metrics.
 *
 * @module @edge-csi/csi
 */

export { BitReader, BitWriter } from './bits.ts';
export {
  defaultCarriers,
  isCdl,
  isTr38901,
  type ScenarioName,
  scenarioNames,
} from './channel/scenario.ts';
export {
  type ChannelSample,
  type SimulationOptions,
  simulateChannel,
  withEstimationNoise,
} from './channel/simulate.ts';
export { ChannelStatistician, type ChannelStatistics } from './channel/statistics.ts';
export {
  type BsCodec,
  type BsMemory,
  type CodecMemory,
  checkRate,
  coarserRate,
  type DecodeRow,
  type EncodeContext,
  type Hinter,
  type MeasuredCsi,
  type MemoryReference,
  type Network,
  type NetworkSpec,
  type Networks,
  type PathReader,
  type Payload,
  type PayloadBits,
  type PayloadEncoder,
  type Rate,
  type RateKnob,
  type ReceivedPayload,
  type RowCodec,
  type RowDecoder,
  type RowStatus,
  rateOf,
  rowStatuses,
  type Tensor,
  type UeCodec,
  type UeMemory,
  type Unquantized,
  type UnquantizedSample,
} from './codec/codec.ts';
export { CodewordDrift, type CodewordStatistics } from './codec/codeword-drift.ts';
export type { ComplexSpec, ComplexTensors, PlaneNormalization } from './codec/csi/csi.ts';
export { type DualnetSpec, dualnetBits } from './codec/dualnet/dualnet.ts';
export {
  dequantizeScale,
  invertMinmaxInto,
  type MinmaxRange,
  normalizeMinmax,
  normalizePartsSpherical,
  normalizeSpherical,
  quantizeScale,
  type ScaleSpec,
  uplinkMinmaxInto,
} from './codec/dualnet/normalize.ts';
export {
  encodePhase,
  encodeSigns,
  type PhaseReport,
  reconstructFromSignsInto,
  reconstructInto,
  type SignReport,
} from './codec/dualnet/phase-coder.ts';
export {
  type ComponentReport,
  createRepresentation,
  type NormalizationSpec,
  type Representation,
  type RepresentationSpec,
} from './codec/dualnet/representation.ts';
export { type CodecSpec, createBsCodec, createUeCodec, knobBounds, unquantized } from './codec/kinds.ts';
export type { PathKnobs, PathsSpec } from './codec/paths/knobs.ts';
export { type PathCodecOptions, type PathCodecSpec, pathCodecSpec } from './codec/paths/spec.ts';
export { createQuantizer, type Quantizer } from './codec/quantizer.ts';
export { createUplinkOnly, UplinkOnlyDecoder, type UplinkOnlySpec } from './codec/uplink-only.ts';
export {
  type AngularDelayCsi,
  assertUsable,
  type BitString,
  type Codeword,
  type CsiShape,
  frobeniusNorm,
  type Latent,
  type NormalizedMagnitude,
  type NormalizedParts,
  type Scale,
  type SpatialFrequencyCsi,
  sameShape,
} from './csi.ts';
export { CsiError, type CsiErrorCode, EdgeCsiError } from './errors.ts';
export { componentErrorRatio, magnitudeErrorRatio, nmseDb, rho, sgcs, squaredErrorRatio } from './metrics.ts';
export { createRandom, type Random } from './random.ts';
export { toAngularDelay, toSpatialFrequency } from './transform/angular-delay.ts';
export { type ArrayResponse, applyArrayResponse, type PlanarArray } from './transform/array.ts';
export {
  type ChannelPaths,
  type ChannelPoints,
  errorAfter,
  evaluatePaths,
  pathsAfter,
} from './transform/channel-paths.ts';
export { createDft, type Dft } from './transform/dft.ts';
export type { Band, PathList, Timing } from './transform/path-list.ts';
export { createSynthesizer, type Synthesizer, synthesizeSpatialFrequency } from './transform/synthesis.ts';
export { createUplinkDenoiser, type UplinkDenoiser } from './uplink/denoiser.ts';
export { createUplinkInput, type UplinkInput, uplinkMagnitudeInto, uplinkPartsInto } from './uplink/input.ts';
