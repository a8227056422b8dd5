/**
 * Model manifests, hash checks and the codec that each manifest describes.
 *
 * @module @edge-csi/models
 */
export {
  type ComplexBundle,
  hasNetworks,
  loadBundle,
  type ModelBundle,
  type ModelFile,
  type PathBundle,
  pairingHash,
  type ReadModelFile,
  type ReportBundle,
  readChecked,
  requireNetworks,
  sha256Bytes,
  toHex,
  versionName,
} from './bundle.ts';
export { type ComplexManifest, isComplexModel, parseComplexManifest } from './complex-manifest.ts';
export { type ConvLayer, type DenseLayer, type EncoderLayers, readEncoderLayers } from './encoder-layers.ts';
export { codecSpecOf, type Manifest, parseManifest, representationOf } from './manifest.ts';
export { explainRefusal, type NetworkUse, readOnnxInputs, requireRunnable } from './onnx-edges.ts';
export { fromFloat16 } from './onnx-graph.ts';
export { createPathManifest, isPathModel, type PathManifest, parsePathManifest, pathsSpecOf } from './path-manifest.ts';
export { networkNamesOf, parseReportManifest, type ReportManifest, type ReportNetworks } from './report-manifest.ts';
export {
  type AnyManifest,
  isUplinkOnly,
  loadUplinkOnlyBundle,
  type NetworkManifest,
  parseUplinkOnlyManifest,
  type UplinkOnlyBundle,
  type UplinkOnlyManifest,
} from './uplink-only.ts';
