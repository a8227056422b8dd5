import type { AnyManifest, Manifest, UplinkOnlyManifest } from '@edge-csi/models';
import { isUplinkOnly } from '@edge-csi/models';

/** What a manifest records of one measurement, as `bench --suite accuracy --record` wrote it. */
interface Measured {
  readonly data: string;
  readonly samples: number;
  readonly floatMagnitudeNmseDb: number;
  readonly payloadBits?: number;
  readonly nmseDb?: number;
  readonly unrefinedNmseDb?: number;
  readonly magnitudeNmseDb: number;
  readonly sgcs?: number;
}

interface Training {
  readonly config?: string;
  readonly data?: string;
  readonly samples?: number;
  readonly seed?: number;
  readonly seconds?: number;
  readonly device?: string;
}

/**
 * The card of a model, Markdown: what it is, what it takes and gives, what it was trained and measured on. Every figure
 * is the manifest's.
 */
export function renderCard(manifest: AnyManifest): string {
  const sections = [
    `# ${manifest.id}`,
    isUplinkOnly(manifest) ? describeUplinkOnly(manifest) : describe(manifest),
    ['## Link', '', linkOf(manifest)].join('\n'),
    ['## Training', '', trainingOf(manifest)].join('\n'),
    ['## Measured', '', measuredOf(manifest)].join('\n'),
    ['## Limits', '', limitsOf(manifest)].join('\n'),
  ];
  return `${sections.join('\n\n')}\n`;
}

function describe(m: Manifest): string {
  const parts = m.planes === 'absolute-parts';
  const encoder = m.pruned
    ? 'the pruned encoder: one Dense layer'
    : 'the full encoder: a 3 x 3 convolution in front of the Dense layer';
  const codewordBits = m.codeword.bits.reduce((sum, bits) => sum + bits, 0);
  const rest = parts ? 'signs of real and imaginary parts' : 'phases';
  const scale = m.normalization.kind === 'spherical' ? `, the norm takes ${m.normalization.scale.bits}` : '';
  return [
    `${parts ? 'DualNet-ABS' : 'DualNet-MAG'} with ${encoder}. ${parts ? '|Re H| and |Im H|' : '|H|'} of ` +
      `${m.csi.numAntennas} antennas x ${m.csi.numDelays} delays becomes ${m.codeword.length} components ` +
      `(CR 1/${m.reduction}).`,
    `Normalisation: ${m.normalization.kind}. The codeword takes ${codewordBits} bits${scale}, and ${rest} as many as theta grants.`,
  ].join('\n');
}

function describeUplinkOnly(m: UplinkOnlyManifest): string {
  return (
    `U2D-MAG: the downlink magnitude of ${m.csi.numAntennas} antennas x ${m.csi.numDelays} delays from the uplink's alone, ` +
    'without any feedback.\nThe BS uses it, and says so in `quality`, where a report is lost or late.'
  );
}

function linkOf({ csi }: AnyManifest): string {
  const mhz = (hz: number) => `${hz / 1e6} MHz`;
  return (
    `Downlink ${mhz(csi.downlinkCarrierHz)}, uplink ${mhz(csi.uplinkCarrierHz)}, ${mhz(csi.bandwidthHz)} in ` +
    `${csi.numSubcarriers} subcarriers, ${csi.timing} delays.`
  );
}

function trainingOf(manifest: AnyManifest): string {
  const training = manifest.training as Training;
  const { seconds = 0 } = training;
  const duration = seconds < 120 ? `${seconds} seconds` : `${Math.round(seconds / 60)} minutes`;
  return (
    `${training.samples} samples of ${training.data}, seed ${training.seed}; ${duration} on ${training.device}.\n` +
    `Again: \`python3 train.py ${training.config?.replace('scripts/train/', '')}\`, see scripts/train.`
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
    `\`edge-csi bench --suite accuracy --models ${manifest.id} --data FILE --record\`; \`edge-csi models verify ${manifest.id} --data FILE\``,
    'measures again. None of this data was used in training.',
  ].join('\n');
}

function limitsOf(manifest: AnyManifest): string {
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
