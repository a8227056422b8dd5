import type { Manifest } from './manifest.ts';

/** The part of a manifest that must be equal at both ends for a report to be decodable. */
function wireAgreement(m: Manifest): unknown {
  return [
    m.id,
    [m.csi.numAntennas, m.csi.numDelays],
    normalizationAgreement(m.normalization),
    [m.codeword.bits, m.codeword.step],
    m.phase.maxBits,
    [m.files.encoder.sha256, m.files.decoder.sha256, m.files.allocation.sha256],
    // Magnitudes go without saying: the hashes of models from before there was a choice stay what they are.
    ...(m.planes === 'absolute-parts' ? [m.planes] : []),
  ];
}

function normalizationAgreement(normalization: Manifest['normalization']): unknown[] {
  if (normalization.kind === 'spherical') {
    const { minDb, stepDb, bits } = normalization.scale;
    return [normalization.kind, minDb, stepDb, bits];
  }
  const { kind, downlink, uplink } = normalization;
  return [kind, downlink.min, downlink.max, uplink.min, uplink.max];
}

/**
 * Pairing hash: SHA-256 over everything both ends must agree on, and nothing else, so that a newly measured figure
 * in a manifest breaks no pairing.
 *
 * @returns 32 bytes
 */
export async function pairingHash(manifest: Manifest): Promise<Uint8Array> {
  return sha256Bytes(new TextEncoder().encode(JSON.stringify(wireAgreement(manifest))));
}

/** SHA-256 with the platform's Web Crypto (in browsers: secure contexts and localhost). */
export async function sha256Bytes(bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));
}

/** Name of one version of a model: its id and the first 12 hex digits of its pairing hash, as `<id>@<hash>`. */
export function versionName(id: string, sha256: Uint8Array): string {
  return `${id}@${toHex(sha256.subarray(0, 6))}`;
}

/** Lower-case hex. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
}
