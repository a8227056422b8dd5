import type { AccuracyBin, BrokenDownRun, UplinkOnlyRun } from '@edge-csi/lab';
import {
  type Figure,
  fixed,
  intervalNote,
  type PageContent,
  type PlotSeries,
  publishedCaption,
  publishedSeries,
  reductionAxis,
  reductionText,
  type Section,
  type Table,
  withInterval,
} from '@edge-csi/report';

/** Of results of older versions, figures have no intervals. */
type AccuracyRun = Omit<BrokenDownRun, 'environments'>;

/** What the suite measures. */
export interface AccuracyResult {
  readonly runs: readonly AccuracyRun[];
  readonly uplinkOnly: readonly UplinkOnlyRun[];
}

/** Every model at its own rate, as a page. */
export function accuracyPage({ runs, uplinkOnly }: AccuracyResult, data: string): PageContent {
  const uncertain = runs.find(({ intervals }) => intervals !== undefined);
  const broken = runs.filter(({ breakdown }) => breakdown !== undefined);
  return {
    title: 'Accuracy of the models',
    lead: `${(runs[0] ?? uplinkOnly[0])?.samples ?? 0} samples of ${data}, with the code that runs on the link, no sockets.`,
    sections: [
      {
        title: 'Every model at its own rate',
        text:
          'NMSE, SGCS and rho are of whole reports, everything quantised, SGCS over subcarriers and of the strongest eigenvectors of 13 ' +
          'subbands; unrefined: without the refiner of the base station. Float, phases known: the decoder alone, nothing quantised.' +
          (uncertain === undefined ? '' : ` ${intervalNote(uncertain)}`),
        tables: [modelTable(runs, uplinkOnly)],
        figures: runs.length === 0 ? [] : [reductionFigure(runs), bitsFigure(runs)],
      },
      ...(broken.length === 0 ? [] : [breakdownSection(broken)]),
    ],
  };
}

function modelTable(runs: readonly AccuracyRun[], uplinkOnly: readonly UplinkOnlyRun[]): Table {
  const header = [
    ...['model', 'CR', 'NMSE dB, float, phases known', 'bits', 'codeword', 'phase', 'NMSE dB', 'unrefined'],
    ...['|H| NMSE dB', 'SGCS', 'of subbands', 'rho'],
  ];
  const rows = runs.map((r) => [
    r.quality === undefined ? r.model : `${r.model}, ${r.quality}`,
    reductionText(r.reduction),
    fixed(r.floatMagnitudeNmseDb, 2),
    fixed(r.payloadBits.mean, 0),
    fixed(r.payloadBits.codeword, 0),
    fixed(r.payloadBits.phase, 0),
    withInterval(r.nmseDb, r.intervals?.nmseDb, 2),
    fixed(r.unrefinedNmseDb, 2),
    withInterval(r.magnitudeNmseDb, r.intervals?.magnitudeNmseDb, 2),
    withInterval(r.sgcs, r.intervals?.sgcs, 4),
    withInterval(r.subbandSgcs, r.intervals?.subbandSgcs, 4),
    withInterval(r.rho, r.intervals?.rho, 4),
  ]);
  // Without phases there is no complex NMSE, and nothing that follows from it.
  for (const r of uplinkOnly) {
    const [float, magnitude] = [fixed(r.floatMagnitudeNmseDb, 2), fixed(r.magnitudeNmseDb, 2)];
    rows.push([r.model, '-', float, '0', '0', '0', '-', '-', magnitude, '-', '-', '-']);
  }
  return { header, rows };
}

function breakdownSection(runs: readonly AccuracyRun[]): Section {
  const bySnr = runs[0]?.breakdown?.by === 'snr';
  const part = bySnr ? 'SNR of both measurements' : 'distance';
  const rows = runs.flatMap(({ model, breakdown }) =>
    (breakdown?.bins ?? []).map((bin) => [
      model,
      partOf(bin),
      String(bin.samples),
      withInterval(bin.nmseDb, bin.intervals?.nmseDb, 2),
      withInterval(bin.magnitudeNmseDb, bin.intervals?.magnitudeNmseDb, 2),
      withInterval(bin.sgcs, bin.intervals?.sgcs, 4),
      withInterval(bin.subbandSgcs, bin.intervals?.subbandSgcs, 4),
      withInterval(bin.rho, bin.intervals?.rho, 4),
    ]),
  );
  return {
    title: bySnr ? 'By SNR of what both ends measure' : 'By distance between UE and BS',
    text: bySnr
      ? 'White noise on what the UE and the BS measure; estimates are held against the channel without it.'
      : 'Parts of equally many samples.',
    tables: [{ header: ['model', part, 'samples', 'NMSE dB', '|H| NMSE dB', 'SGCS', 'of subbands', 'rho'], rows }],
    figures: [
      {
        name: 'accuracy-breakdown',
        caption: bySnr ? 'NMSE against the channel without noise.' : 'Each part stands at the middle of its distances.',
        drawing: {
          kind: 'lines',
          title: bySnr ? 'Accuracy by SNR' : 'Accuracy by distance',
          subtitle: 'Whole reports, each model at its own rate',
          x: { title: bySnr ? 'SNR of both measurements (dB)' : 'Distance (m)', scale: 'linear' },
          y: { title: 'Complex NMSE (dB), lower is better', scale: 'linear' },
          markers: true,
          series: runs.map(({ model, breakdown }) => ({
            name: model,
            line: 'solid',
            colour: 'category',
            points: (breakdown?.bins ?? []).map((bin) => ({ x: middleOf(bin), y: bin.nmseDb })),
          })),
        },
      },
    ],
  };
}

function partOf({ distanceM, snrDb }: AccuracyBin): string {
  if (distanceM !== undefined) return `${distanceM.map((metres) => metres.toFixed(1)).join(' to ')} m`;
  return `${snrDb} dB`;
}

function middleOf({ distanceM, snrDb }: AccuracyBin): number {
  return distanceM === undefined ? (snrDb ?? Number.NaN) : (distanceM[0] + distanceM[1]) / 2;
}

function reductionFigure(runs: readonly AccuracyRun[]): Figure {
  return {
    name: 'accuracy-nmse',
    caption: `Measured: the decoder's output for floating-point codewords, phases (of DualNet-ABS: signs) known. ${publishedCaption}`,
    drawing: {
      kind: 'lines',
      title: 'Accuracy by reduction',
      subtitle: 'Float codewords, phases known; published figures of other data beside',
      x: reductionAxis,
      y: { title: 'NMSE (dB), lower is better', scale: 'linear' },
      markers: true,
      series: [
        ...byFamily(runs, ({ reduction, floatMagnitudeNmseDb = Number.NaN }) => ({
          x: reduction,
          y: floatMagnitudeNmseDb,
        })),
        ...publishedSeries,
      ],
    },
  };
}

function bitsFigure(runs: readonly AccuracyRun[]): Figure {
  return {
    name: 'accuracy-bits',
    caption: 'Complex NMSE of whole reports against the mean of all their bits, each model at its own rate.',
    drawing: {
      kind: 'lines',
      title: 'Accuracy against the size of a report',
      subtitle: 'Whole reports, every bit counted',
      x: { title: 'Mean bits of a report', scale: 'log', ticks: [100, 200, 350, 500, 700, 1000, 1700, 3000] },
      y: { title: 'Complex NMSE (dB), lower is better', scale: 'linear' },
      markers: true,
      series: byFamily(runs, ({ payloadBits, nmseDb }) => ({ x: payloadBits.mean, y: nmseDb })),
    },
  };
}

/** One series a family of models, which is what their ids say but for the codeword length. */
function byFamily(
  runs: readonly AccuracyRun[],
  pointOf: (run: AccuracyRun) => { readonly x: number | null; readonly y: number | undefined },
): PlotSeries[] {
  const familyOf = ({ model }: AccuracyRun) => model.replace(/-m\d+/, '');
  const series = [...new Set(runs.map(familyOf))].map(
    (family): PlotSeries => ({
      name: family,
      line: 'solid',
      colour: 'category',
      points: runs
        .filter((run) => familyOf(run) === family)
        .map(pointOf)
        .flatMap(({ x, y }) => (x === null || y === undefined ? [] : [{ x, y }]))
        .sort((a, b) => a.x - b.x),
    }),
  );
  return series.filter(({ points }) => points.length > 0);
}
