export { loadBundle, type ModelBundle, type ModelFile, type ReadModelFile } from './bundle.ts';
export { type Manifest, pairingHash, parseManifest, sha256Bytes, toHex } from './manifest.ts';
