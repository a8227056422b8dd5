/**
 * Model manifests, hash checks and the codec that each manifest describes.
 *
 * @module @edge-csi/models
 */
export { loadBundle, type ModelBundle, type ModelFile, type ReadModelFile, readChecked } from './bundle.ts';
export { type ConvLayer, type DenseLayer, type EncoderLayers, readEncoderLayers } from './encoder-layers.ts';
export { fromFloat16 } from './float16.ts';
export { codecSpecOf, type Manifest, parseManifest, representationOf } from './manifest.ts';
export { pairingHash, sha256Bytes, toHex, versionName } from './pairing-hash.ts';
export {
  type AnyManifest,
  isUplinkOnly,
  loadUplinkOnlyBundle,
  parseUplinkOnlyManifest,
  type UplinkOnlyBundle,
  type UplinkOnlyManifest,
} from './uplink-only.ts';
