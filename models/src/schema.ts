import { CsiError, knobBounds } from '@edge-csi/csi';
// The one home of valibot. No type of it is in what the package exports: the build puts its code into the package, and whoever
// installs that needs no valibot.
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

const range = v.pipe(
  v.strictObject({ min: v.pipe(v.number(), v.finite(), v.minValue(0)), max: positive }),
  v.check(({ min, max }) => min < max, 'max must be above min'),
);

const normalization = v.variant('kind', [
  v.strictObject({
    kind: v.literal('spherical'),
    scale: v.strictObject({
      minDb: v.pipe(v.number(), v.finite()),
      stepDb: positive,
      bits: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(16)),
    }),
  }),
  v.strictObject({ kind: v.literal('minmax'), downlink: range, uplink: range }),
]);

export const manifestSchema = v.pipe(
  v.object({
    schema: v.literal('edge-csi/manifest@1'),
    id: v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9.-]{0,63}$/, 'lower-case letters, digits, dots and hyphens')),
    family: v.string(),
    pruned: v.boolean(),
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
    planes: v.optional(v.picklist(['magnitude', 'absolute-parts'])),
    codeword: v.strictObject({
      length: count,
      bits: v.array(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(8))),
      step: v.array(positive),
      statistics: v.optional(
        v.strictObject({ mean: v.array(v.pipe(v.number(), v.finite())), deviation: v.array(positive) }),
      ),
    }),
    phase: v.strictObject({
      maxBits: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(8)),
      theta: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(2 ** 24)),
    }),
    files: v.strictObject({
      encoder: file,
      decoder: file,
      allocation: file,
      refiner: v.optional(file),
    }),
    training: record,
    derivedFrom: v.optional(record),
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

/** Fields that manifests of all kinds have. */
const { id, family, csi, codeword, planes, training, measured } = manifestSchema.entries;

/** First field of the manifest of a model of path reports. */
export const pathModelKind = 'edge-csi/paths@1';

const frequencies = v.array(v.number());
const knob = ({ min, max }: { readonly min: number; readonly max: number }) =>
  v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max));

export const pathModelSchema = v.pipe(
  v.object({
    schema: v.literal(pathModelKind),
    id,
    family: v.literal('paths'),
    csi,
    paths: v.strictObject({
      format: v.picklist([1, 2]),
      antennas: v.tuple([count, count]),
      coefficientsPerPath: v.literal(1),
      doppler: v.union([v.literal(false), v.strictObject({ measurements: count, table: frequencies })]),
      maxPaths: count,
      tables: v.strictObject({
        first: frequencies,
        end: frequencies,
        next: v.array(frequencies),
        angle: v.tuple([frequencies, frequencies]),
        near: v.tuple([v.number(), v.number()]),
        delay: frequencies,
        later: frequencies,
      }),
      response: v.exactOptional(v.strictObject({ re: frequencies, im: frequencies })),
    }),
    rate: v.strictObject({
      maxPayloadBits: knob(knobBounds.maxPayloadBits),
      bitPriceTenthDb: knob(knobBounds.bitPriceTenthDb),
    }),
    files: v.strictObject({}),
    training,
    derivedFrom: v.optional(record),
    measured,
  }),
  v.forward(
    v.check(
      ({ csi: { numAntennas }, paths: { antennas } }) => numAntennas === antennas[0] * antennas[1],
      'the axes of the array must have csi.numAntennas elements together',
    ),
    ['paths'],
  ),
);

/** First field of the manifest of a model of complex CSI. */
export const complexModelKind = 'edge-csi/csi@1';

const affine = { centre: v.optional(v.pipe(v.number(), v.finite()), 0), gain: v.optional(positive, 1) };
const planeNormalization = v.variant('kind', [
  v.strictObject({ kind: v.literal('spherical'), scale: normalization.options[0].entries.scale, ...affine }),
  v.strictObject({ kind: v.literal('fixed'), ...affine }),
]);

export const complexModelSchema = v.pipe(
  v.object({
    schema: v.literal(complexModelKind),
    id,
    family,
    pruned: v.literal(false),
    reduction: positive,
    csi,
    normalization: planeNormalization,
    tensors: v.strictObject({
      encoder: v.strictObject({ csi: v.string(), codeword: v.string() }),
      decoder: v.strictObject({ codeword: v.string(), uplink: v.optional(v.string()), csi: v.string() }),
    }),
    codeword: v.strictObject({
      ...codeword.entries,
      offset: v.array(v.pipe(v.number(), v.finite())),
    }),
    files: v.strictObject({ encoder: file, decoder: file }),
    training,
    derivedFrom: v.optional(record),
    measured,
  }),
  v.forward(
    v.check(({ codeword: { length, bits, step, offset, statistics } }) => {
      const lists = [bits, step, offset, ...(statistics ? [statistics.mean, statistics.deviation] : [])];
      return lists.every((list) => list.length === length);
    }, 'lists must have codeword.length entries'),
    ['codeword'],
  ),
);

/** First field of an uplink-only model's manifest. */
export const uplinkOnlyKind = 'edge-csi/uplink-only@1';

export const uplinkOnlySchema = () =>
  v.object({
    schema: v.literal(uplinkOnlyKind),
    id,
    family,
    csi,
    normalization: v.strictObject({
      kind: v.literal('spherical'),
      downlinkOverUplinkDb: v.pipe(v.number(), v.finite()),
    }),
    files: v.strictObject({ decoder: file }),
    training,
    measured,
  });

// Functions, so that bundles of a UE, which reads neither drafts nor uplink-only models, leave them out.

const draft = () => ({
  schema: v.literal('edge-csi/draft@1'),
  id,
  family,
  csi,
  codeword: v.strictObject({ totalBits: count }),
  training: v.optional(training, {}),
});

const plainName = () => v.pipe(v.string(), v.regex(/^[\w.-]+$/, 'a plain file name'));

export const draftSchema = () =>
  v.strictObject({
    ...draft(),
    normalization,
    planes,
    reportBits: count,
    files: v.strictObject({ encoder: plainName(), decoder: plainName(), refiner: v.optional(plainName()) }),
  });

export const complexDraftSchema = () =>
  v.strictObject({
    ...draft(),
    planes: v.literal('complex'),
    normalization: planeNormalization,
    files: v.strictObject({ encoder: plainName(), decoder: plainName() }),
  });

/** Parses a manifest of any kind. @throws CsiError `model-invalid`, naming the first field that does not fit. */
export function parseWith<T>(schema: v.GenericSchema<unknown, T>, json: unknown): T {
  const result = v.safeParse(schema, json);
  if (result.success) return result.output;
  const issue = result.issues[0];
  const where = v.getDotPath(issue) ?? 'manifest';
  throw new CsiError('model-invalid', `manifest: ${where}: ${issue.message}`);
}
