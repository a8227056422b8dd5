export { loadBundle, type ModelBundle, type ModelFile, type ReadModelFile } from './bundle.ts';
export { type Manifest, pairingHash, parseManifest, sha256Bytes, toHex } from './manifest.ts';
export {
  type AnyManifest,
  isUplinkOnly,
  loadUplinkOnlyBundle,
  parseUplinkOnlyManifest,
  type UplinkOnlyBundle,
  type UplinkOnlyManifest,
} from './uplink-only.ts';
