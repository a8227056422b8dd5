import type { RecordedAccuracy, RecordedUplinkOnly } from '@edge-csi/lab';
import {
  type AnyManifest,
  type ComplexManifest,
  isComplexModel,
  isPathModel,
  isUplinkOnly,
  type Manifest,
  type PathManifest,
  type UplinkOnlyManifest,
} from '@edge-csi/models';

/** One measurement of a manifest: of a model that decodes reports it has all of `RecordedAccuracy`. */
type Measured = RecordedUplinkOnly & Partial<RecordedAccuracy>;

/** What the manifest of a pruned model says of where it comes from. */
export interface Derivation {
  readonly id: string;
  /** Pairing hash. */
  readonly sha256: string;
  readonly pruning: {
    /** Whether a convolution was folded into the Dense layer. */
    readonly convolution: boolean;
    readonly outputs: number;
    readonly delays: number;
    readonly weightBits: number;
    readonly rank?: number;
  };
  readonly calibration: { readonly data: string; readonly dataSha256: string; readonly samples: number };
}

interface Training {
  readonly config?: string;
  /** What trained it, where that is not train.py with a config. */
  readonly command?: string;
  readonly data?: string;
  readonly samples?: number;
  readonly seed?: number;
  readonly seconds?: number;
  readonly device?: string;
  /** Of a model that `models complete` made: what its quantiser was fitted on. */
  readonly calibration?: { readonly data: string; readonly samples: number };
  /** Of a path model that `models response` made. */
  readonly response?: { readonly data: string; readonly samples: number };
  /** Of a pruned model whose decoder scripts/train/finetune.py trained on. */
  readonly fineTuning?: { readonly epochs: number; readonly samples: number };
}

/**
 * The card of a model, Markdown: what it is, what it takes and gives, what it was trained and measured on. Every figure
 * is the manifest's.
 */
export function renderCard(manifest: AnyManifest): string {
  const sections = [
    `# ${manifest.id}`,
    descriptionOf(manifest),
    ['## Link', '', linkOf(manifest)].join('\n'),
    ['## Training', '', trainingOf(manifest)].join('\n'),
    ['## Measured', '', measuredOf(manifest)].join('\n'),
    ['## Limits', '', limitsOf(manifest)].join('\n'),
  ];
  return `${sections.join('\n\n')}\n`;
}

function descriptionOf(manifest: AnyManifest): string {
  if (isUplinkOnly(manifest)) return describeUplinkOnly(manifest);
  if (isPathModel(manifest)) return describePaths(manifest);
  return isComplexModel(manifest) ? describeComplex(manifest) : describe(manifest);
}

function describeComplex({ family, csi, codeword, reduction, normalization, tensors }: ComplexManifest): string {
  const bits = codeword.bits.reduce((sum, count) => sum + count, 0);
  const { kind, centre, gain } = normalization;
  const norm = normalization.kind === 'spherical' ? `, the norm ${normalization.scale.bits}` : '';
  return [
    `Networks of complex CSI (family ${family}). Real and imaginary parts of ${csi.numAntennas} antennas x ${csi.numDelays} delays ` +
      `become ${codeword.length} components (CR 1/${reduction}), and these become both parts again` +
      `${tensors.decoder.uplink === undefined ? '' : ', with the uplink beside them'}.`,
    `Normalisation: ${kind}, ${centre} + ${gain} h. The codeword takes ${bits} bits${norm}.`,
  ].join('\n');
}

function describe(m: Manifest): string {
  const parts = m.planes === 'absolute-parts';
  const codewordBits = m.codeword.bits.reduce((sum, bits) => sum + bits, 0);
  const rest = parts ? 'signs of real and imaginary parts' : 'phases';
  const scale = m.normalization.kind === 'spherical' ? `, the norm takes ${m.normalization.scale.bits}` : '';
  return [
    `${networksOf(m)}. ${parts ? '|Re H| and |Im H|' : '|H|'} of ` +
      `${m.csi.numAntennas} antennas x ${m.csi.numDelays} delays becomes ${m.codeword.length} components ` +
      `(CR 1/${m.reduction}).`,
    `Normalisation: ${m.normalization.kind}. The codeword takes ${codewordBits} bits${scale}, and ${rest} as many as theta grants.`,
  ].join('\n');
}

function networksOf({ family, pruned, planes }: Manifest): string {
  if (!family.startsWith('dualnet')) return `Networks of another kind (family ${family})`;
  const encoder = pruned
    ? 'the pruned encoder: one Dense layer'
    : 'the full encoder: a 3 x 3 convolution in front of the Dense layer';
  return `${planes === 'absolute-parts' ? 'DualNet-ABS' : 'DualNet-MAG'} with ${encoder}`;
}

function describeUplinkOnly(m: UplinkOnlyManifest): string {
  return (
    `U2D-MAG: the downlink magnitude of ${m.csi.numAntennas} antennas x ${m.csi.numDelays} delays from the uplink's alone, ` +
    'without any feedback.\nThe BS uses it, and says so in `quality`, where a report is lost or late.'
  );
}

function describePaths({ csi, paths, rate }: PathManifest): string {
  const [one, two] = paths.antennas;
  const array = two === 1 ? `${one} antennas` : `${one} x ${two} antennas`;
  const price = `a bit saves at least 10^-${rate.bitPriceTenthDb / 100} of the energy`;
  return [
    `Path reports: the UE finds up to ${paths.maxPaths} paths of ${array} x ${csi.numDelays} delays, off the grid, and ` +
      'reports them strongest first;\nthe BS adds them up. No networks and no weights at either end.',
    `Without other knobs a report takes at most ${rate.maxPayloadBits} bits` +
      `${rate.bitPriceTenthDb === 0 ? '' : `, and ${price}`}.` +
      `${paths.response === undefined ? '' : ' The UE divides out the response of the array.'}`,
  ].join('\n');
}

function linkOf({ csi }: AnyManifest): string {
  const mhz = (hz: number) => `${hz / 1e6} MHz`;
  return (
    `Downlink ${mhz(csi.downlinkCarrierHz)}, uplink ${mhz(csi.uplinkCarrierHz)}, ${mhz(csi.bandwidthHz)} in ` +
    `${csi.numSubcarriers} subcarriers, ${csi.timing} delays.`
  );
}

function trainingOf(manifest: AnyManifest): string {
  if (isPathModel(manifest)) {
    const { data, samples, response } = manifest.training as Training;
    const tables =
      data === undefined
        ? 'None: the tables of its arithmetic coder are gentle ones for any channel.'
        : `None. The tables of its arithmetic coder are fitted to ${samples} samples of ${data}.`;
    if (response === undefined) return tables;
    return `${tables}\nThe response of its array is estimated from ${response.samples} samples of ${response.data}.`;
  }
  const { derivedFrom } = manifest as Manifest;
  const training = manifest.training as Training;
  if (derivedFrom !== undefined) {
    const { fineTuning } = training;
    const tuned =
      fineTuning && `Then its decoder was trained on: ${fineTuning.epochs} epochs of ${fineTuning.samples} samples.`;
    return [derivationOf(derivedFrom as unknown as Derivation), ...(tuned ? [tuned] : [])].join('\n');
  }
  const { calibration, command } = training;
  if (calibration === undefined) return runOf(training);
  const run =
    command === undefined
      ? `${training.samples ?? '?'} samples of ${training.data ?? 'data that the author does not name'}.`
      : runOf(training);
  const fitted = isComplexModel(manifest) ? 'Quantiser' : 'Quantiser and phase allocation';
  return `${run}\n${fitted}: ${calibration.samples} samples of ${calibration.data}, \`edge-csi models complete\`.`;
}

/** A run of scripts/train. */
function runOf({ samples, data, seed, seconds = 0, device, config, command }: Training): string {
  const duration = seconds < 120 ? `${seconds} seconds` : `${Math.round(seconds / 60)} minutes`;
  const again = command ?? `python3 train.py ${config?.replace('scripts/train/', '')}`;
  return (
    `${samples} samples of ${data}, seed ${seed}; ${duration} on ${device}.\n` +
    `Again: \`${again}\`, see scripts/train.`
  );
}

function derivationOf({ id, sha256, pruning, calibration }: Derivation): string {
  const { convolution, outputs, delays, rank, weightBits } = pruning;
  const parts = [
    ...(convolution === true ? ['its convolution folded into the Dense layer'] : []),
    `${outputs} codeword components from ${delays} delays`,
    ...(rank === undefined ? [] : [`rank ${rank}`]),
    `${weightBits} bits a weight`,
  ];
  return (
    `Not trained, but pruned from ${id} (pairing hash ${sha256.slice(0, 12)}): ${parts.join(', ')}.\n` +
    `Fitted in closed form on ${calibration.samples} samples of ${calibration.data}; see docs/pruning.md.`
  );
}

function measuredOf(manifest: AnyManifest): string {
  const rows = (manifest.measured ?? []) as unknown as Measured[];
  if (rows.length === 0) return 'Not measured yet.';
  const db = (value: number | undefined) => (value === undefined ? '-' : value.toFixed(2));
  return [
    '| data | samples | NMSE dB, float codeword, phases known | bits | NMSE dB | without refiner | SGCS |',
    '|---|---|---|---|---|---|---|',
    ...rows.map((row) =>
      [
        '',
        row.data,
        row.samples,
        db(row.floatMagnitudeNmseDb),
        row.payloadBits?.toFixed(0) ?? '0',
        db(row.nmseDb),
        db(row.unrefinedNmseDb),
        row.sgcs?.toFixed(4) ?? '-',
        '',
      ]
        .join(' | ')
        .trim(),
    ),
    '',
    `\`edge-csi bench accuracy --models ${manifest.id} --data FILE --record\`; \`edge-csi models verify ${manifest.id} --data FILE\``,
    'measures again. None of this data was used in training.',
  ].join('\n');
}

function limitsOf(manifest: AnyManifest): string {
  if (isPathModel(manifest)) {
    return 'Channels of many paths take more bits. Rows of a matrix are the angles of a uniform array, its axes in order.';
  }
  if ((manifest.training as Training).calibration !== undefined) return 'Those of the data it was trained on.';
  const { environment } = siteOf(manifest);
  return (
    `Trained on simulated channels of one ${environment} environment and on uplink CSI without noise; ` +
    'expect less with a noisy or missing uplink, and retrain for another site.'
  );
}

function siteOf(manifest: AnyManifest): { environment: string } {
  const { data = '' } = manifest.training as Training;
  return { environment: data.includes('SemiUrban') ? 'semi-urban' : 'indoor' };
}
