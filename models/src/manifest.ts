import { CsiError } from '@edge-csi/csi';
import * as v from 'valibot';

const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'a SHA-256 in lower-case hex'));
const positive = v.pipe(v.number(), v.finite(), v.gtValue(0));
const count = v.pipe(v.number(), v.integer(), v.minValue(1));
const file = v.strictObject({
  path: v.pipe(v.string(), v.regex(/^[\w.-]+$/, 'a plain file name')),
  sha256,
  bytes: count,
});

const normalization = v.variant('kind', [
  v.strictObject({
    kind: v.literal('spherical'),
    /** Quantiser of the norm of the CSI matrix: level 0 stands for minDb. */
    scale: v.strictObject({
      minDb: v.pipe(v.number(), v.finite()),
      stepDb: positive,
      bits: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(16)),
    }),
  }),
]);

const manifestSchema = v.pipe(
  v.object({
    schema: v.literal('edge-csi/manifest@1'),
    id: v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9.-]{0,63}$/, 'lower-case letters, digits, dots and hyphens')),
    family: v.string(),
    /** True where the encoder is the Dense layer alone. */
    pruned: v.boolean(),
    /** The "1/CR" of the literature, phase counted as float32 equivalents: 4, 8, 12. */
    reduction: positive,
    csi: v.strictObject({
      numAntennas: count,
      numDelays: count,
      numSubcarriers: count,
      bandwidthHz: positive,
      downlinkCarrierHz: positive,
      uplinkCarrierHz: positive,
      timing: v.picklist(['absolute', 'first-path']),
    }),
    normalization,
    codeword: v.strictObject({
      length: count,
      /** Bits per component, 1..8. */
      bits: v.array(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(8))),
      /** Quantiser step per component, in units of the latent. */
      step: v.array(positive),
    }),
    phase: v.strictObject({
      maxBits: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(8)),
      /** Default rate knob, in sixteenths of the coarse magnitude's unit. */
      theta: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(2 ** 24)),
    }),
    files: v.strictObject({
      /** [N, Nt, Nd] normalised magnitude -> [N, M] latent. */
      encoder: file,
      /** [N, M] latent and [N, Nt, Nd] uplink magnitude -> [N, Nt, Nd] magnitude. */
      decoder: file,
      /** int8 [Nt * Nd][M], then int32 little endian [Nt * Nd]: the coarse magnitude of the phase allocation. */
      allocation: file,
      /** [N, 2, Nt, Nd] dequantised CSI, magnitude, bits, uplink -> [N, 2, Nt, Nd]. */
      refiner: v.optional(file),
    }),
    training: v.record(v.string(), v.unknown()),
    /** Figures re-measured by this code base, each with the data it was measured on. */
    measured: v.optional(v.array(v.record(v.string(), v.unknown()))),
  }),
  v.check(
    (m) => m.codeword.bits.length === m.codeword.length && m.codeword.step.length === m.codeword.length,
    'codeword.bits and codeword.step must have codeword.length entries',
  ),
  v.check(
    (m) => m.files.allocation.bytes === m.csi.numAntennas * m.csi.numDelays * (m.codeword.length + 4),
    'files.allocation must hold int8 [Nt*Nd][M] and int32 [Nt*Nd]',
  ),
);

/** Fields that manifests of other kinds have too. */
export const sharedFields = {
  id: manifestSchema.entries.id,
  csi: manifestSchema.entries.csi,
  training: manifestSchema.entries.training,
  measured: manifestSchema.entries.measured,
  file,
};

/** What a zoo entry says of itself; the bytes it names are checked against its hashes before use. */
export type Manifest = v.InferOutput<typeof manifestSchema>;

/**
 * Validates a parsed manifest.json.
 *
 * @throws CsiError `model-invalid`, naming the first field that does not fit.
 */
export function parseManifest(json: unknown): Manifest {
  return parseWith(manifestSchema, json);
}

/** Parses a manifest of any kind. @throws CsiError `model-invalid`, naming the first field that does not fit. */
export function parseWith<T>(schema: v.GenericSchema<unknown, T>, json: unknown): T {
  const result = v.safeParse(schema, json);
  if (result.success) return result.output;
  const issue = result.issues[0];
  const where = v.getDotPath(issue) ?? 'manifest';
  throw new CsiError('model-invalid', `manifest: ${where}: ${issue.message}`);
}

/** The part of a manifest that must be equal at both ends for a report to be decodable. */
function wireAgreement(m: Manifest): unknown {
  return [
    m.id,
    [m.csi.numAntennas, m.csi.numDelays],
    [m.normalization.kind, m.normalization.scale.minDb, m.normalization.scale.stepDb, m.normalization.scale.bits],
    [m.codeword.bits, m.codeword.step],
    m.phase.maxBits,
    [m.files.encoder.sha256, m.files.decoder.sha256, m.files.allocation.sha256],
  ];
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

/** Lower-case hex. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
}
