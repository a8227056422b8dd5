/**
 * Model manifests, hash checks and the codec that each manifest describes.
 *
 * @module @edge-csi/models
 */
export {
  loadBundle,
  type ModelBundle,
  type ModelFile,
  pairingHash,
  type ReadModelFile,
  readChecked,
  sha256Bytes,
  toHex,
  versionName,
} from './bundle.ts';
export { type ConvLayer, type DenseLayer, type EncoderLayers, readEncoderLayers } from './encoder-layers.ts';
export { codecSpecOf, type Manifest, parseManifest, representationOf } from './manifest.ts';
export { fromFloat16 } from './onnx-graph.ts';
export {
  type AnyManifest,
  isUplinkOnly,
  loadUplinkOnlyBundle,
  parseUplinkOnlyManifest,
  type UplinkOnlyBundle,
  type UplinkOnlyManifest,
} from './uplink-only.ts';
