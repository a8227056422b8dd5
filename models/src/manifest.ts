import { CsiError, type RepresentationSpec } from '@edge-csi/csi';
import * as v from 'valibot';

const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'a SHA-256 in lower-case hex'));
const positive = v.pipe(v.number(), v.finite(), v.gtValue(0));
const count = v.pipe(v.number(), v.integer(), v.minValue(1));
/** An object whose fields nothing here reads. */
const record = v.custom<Record<string, unknown>>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'must be an object',
);
const file = v.strictObject({
  path: v.pipe(v.string(), v.regex(/^[\w.-]+$/, 'a plain file name')),
  sha256,
  bytes: count,
});

/** Range of |h| over the training set. */
const range = v.pipe(
  v.strictObject({ min: v.pipe(v.number(), v.finite(), v.minValue(0)), max: positive }),
  v.check(({ min, max }) => min < max, 'max must be above min'),
);

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
  /** Components are mapped from their range to 0.5..1 and no norm is sent. */
  v.strictObject({ kind: v.literal('minmax'), downlink: range, uplink: range }),
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
    /** What of each entry the networks work on: |h|, where absent, or |Re| and |Im|. */
    planes: v.optional(v.picklist(['magnitude', 'absolute-parts'])),
    codeword: v.strictObject({
      length: count,
      /** Bits per component, 1..8. */
      bits: v.array(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(8))),
      /** Quantiser step per component, in units of the latent. */
      step: v.array(positive),
      /** Moments of each component over the training set, in units of the latent: what a BS tells drift by. */
      statistics: v.optional(
        v.strictObject({ mean: v.array(v.pipe(v.number(), v.finite())), deviation: v.array(positive) }),
      ),
    }),
    /** Phases, or signs of absolute parts. */
    phase: v.strictObject({
      maxBits: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(8)),
      /** Default rate knob, in sixteenths of the coarse magnitude's unit. */
      theta: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(2 ** 24)),
    }),
    files: v.strictObject({
      /** Normalised `magnitude` [N, Nt, Nd] or `parts` [N, 2, Nt, Nd] -> `latent` [N, M]. */
      encoder: file,
      /**
       * `latent` [N, M], optionally `cell` [N, M] (half the width of the quantiser's cells, 0 where unquantised), and
       * `uplink`, of the encoder input's shape -> `magnitude` or `parts`, of that shape.
       */
      decoder: file,
      /** int8 [n][M], then int32 little endian [n], n = Nt * Nd or 2 * Nt * Nd: the coarse magnitude of the allocation. */
      allocation: file,
      /** [N, 2, Nt, Nd] dequantised CSI, magnitude, bits, uplink -> [N, 2, Nt, Nd]. Spherical magnitudes only. */
      refiner: v.optional(file),
    }),
    training: record,
    /** Where a model was made from another one without training: that one's id and pairing hash, how, and on which data. */
    derivedFrom: v.optional(record),
    /** Figures re-measured by this code base, each with the data it was measured on. */
    measured: v.optional(v.array(record)),
  }),
  v.check(
    (m) => m.codeword.bits.length === m.codeword.length && m.codeword.step.length === m.codeword.length,
    'codeword.bits and codeword.step must have codeword.length entries',
  ),
  v.check(
    ({ codeword: { length, statistics } }) =>
      statistics === undefined || (statistics.mean.length === length && statistics.deviation.length === length),
    'codeword.statistics.mean and .deviation must have codeword.length entries',
  ),
  v.forward(
    v.check(
      (m) => m.planes !== 'absolute-parts' || m.normalization.kind === 'spherical',
      'a model on absolute parts is normalised spherically: minmax ranges are of |h|',
    ),
    ['normalization'],
  ),
  v.forward(
    v.check(
      (m) => m.planes !== 'absolute-parts' || m.phase.maxBits === 1,
      'a model on absolute parts sends signs: phase.maxBits must be 1',
    ),
    ['phase'],
  ),
  v.forward(
    v.check(
      (m) => m.files.refiner === undefined || m.normalization.kind === 'spherical',
      'a minmax model has no refiner: a refiner corrects estimates of norm 1',
    ),
    ['files'],
  ),
  v.forward(
    v.check(
      (m) => m.files.refiner === undefined || m.planes !== 'absolute-parts',
      'a model on absolute parts has no refiner: a refiner takes magnitudes and phase bits',
    ),
    ['files'],
  ),
  v.check(({ csi, planes, codeword, files }) => {
    const perEntry = planes === 'absolute-parts' ? 2 : 1;
    return files.allocation.bytes === perEntry * csi.numAntennas * csi.numDelays * (codeword.length + 4);
  }, 'files.allocation must hold int8 [n][M] and int32 [n], n = Nt*Nd, or 2*Nt*Nd for absolute parts'),
);

/** Fields that manifests of other kinds have too. */
export const sharedFields = {
  id: manifestSchema.entries.id,
  csi: manifestSchema.entries.csi,
  normalization: manifestSchema.entries.normalization,
  planes: manifestSchema.entries.planes,
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

/** How the model's networks see CSI. */
export function representationOf({ csi, planes = 'magnitude', normalization }: Manifest): RepresentationSpec {
  return { numAntennas: csi.numAntennas, numDelays: csi.numDelays, planes, normalization };
}
