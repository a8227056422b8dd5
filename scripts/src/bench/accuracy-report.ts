import { fixed } from '../report/fixed.ts';
import type { PlotSeries } from '../report/line-plot.ts';
import type { Figure, PageContent, Table } from '../report/page.ts';
import { publishedCaption, publishedSeries, reductionAxis } from '../report/published.ts';
import type { AccuracyRun } from './accuracy.ts';
import type { UplinkOnlyRun } from './uplink-only-accuracy.ts';

/** What the suite measures. */
export interface AccuracyResult {
  readonly runs: readonly AccuracyRun[];
  readonly uplinkOnly: readonly UplinkOnlyRun[];
}

/** Every model at its own rate, as a page. */
export function accuracyPage({ runs, uplinkOnly }: AccuracyResult, data: string): PageContent {
  return {
    title: 'Accuracy of the models',
    lead: `${(runs[0] ?? uplinkOnly[0])?.samples ?? 0} samples of ${data}, with the code that runs on the link, no sockets.`,
    sections: [
      {
        title: 'Every model at its own rate',
        text:
          'NMSE, SGCS and rho are of whole reports, everything quantised; unrefined: without the refiner of the base ' +
          'station. Float, phases known: the decoder alone, nothing quantised.',
        tables: [modelTable(runs, uplinkOnly)],
        figures: runs.length === 0 ? [] : [reductionFigure(runs), bitsFigure(runs)],
      },
    ],
  };
}

function modelTable(runs: readonly AccuracyRun[], uplinkOnly: readonly UplinkOnlyRun[]): Table {
  const header = [
    ...['model', 'CR', 'NMSE dB, float, phases known', 'bits', 'codeword', 'phase', 'NMSE dB', 'unrefined'],
    ...['|H| NMSE dB', 'SGCS', 'rho'],
  ];
  const rows = runs.map((r) => [
    r.model,
    `1/${r.reduction}`,
    fixed(r.floatMagnitudeNmseDb, 2),
    fixed(r.payloadBits.mean, 0),
    fixed(r.payloadBits.codeword, 0),
    fixed(r.payloadBits.phase, 0),
    fixed(r.nmseDb, 2),
    fixed(r.unrefinedNmseDb, 2),
    fixed(r.magnitudeNmseDb, 2),
    fixed(r.sgcs, 4),
    fixed(r.rho, 4),
  ]);
  // Without phases there is no complex NMSE, and nothing that follows from it.
  for (const r of uplinkOnly) {
    const [float, magnitude] = [fixed(r.floatMagnitudeNmseDb, 2), fixed(r.magnitudeNmseDb, 2)];
    rows.push([r.model, '-', float, '0', '0', '0', '-', '-', magnitude, '-', '-']);
  }
  return { header, rows };
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
        ...byFamily(runs, ({ reduction, floatMagnitudeNmseDb }) => ({ x: reduction, y: floatMagnitudeNmseDb })),
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
  pointOf: (run: AccuracyRun) => { readonly x: number; readonly y: number },
): PlotSeries[] {
  const familyOf = ({ model }: AccuracyRun) => model.replace(/-m\d+/, '');
  return [...new Set(runs.map(familyOf))].map((family) => ({
    name: family,
    line: 'solid',
    colour: 'category',
    points: runs
      .filter((run) => familyOf(run) === family)
      .map(pointOf)
      .sort((a, b) => a.x - b.x),
  }));
}
