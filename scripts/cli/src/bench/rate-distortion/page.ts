import { bestWithin, type FloatRow, type RatePoint } from '@edge-csi/lab';
import { type Metric, nmseMetric } from '@edge-csi/lab/metrics';
import { fixed, type LinePlot, type PageContent, type PlotSeries, type Table } from '@edge-csi/report';
import type { SkippedModel } from '../../options/fitting-models.ts';

/** A file that took part in a measurement. */
export interface UsedFile {
  readonly data: string;
  readonly dataSha256: string;
  readonly samples: number;
}

/** What the suite measures. */
export interface RateDistortionResult {
  readonly samples: number;
  /** Of the uplink that the BS measures; absent where it has no noise. */
  readonly uplinkSnrDb?: number;
  readonly select?: UsedFile;
  readonly baselines?: UsedFile;
  readonly curve: readonly RatePoint[];
  /** Set where the data have no uplink: networks that could use one ran without. */
  readonly quality?: 'no-uplink';
  /** Networks that nobody named and that the data do not fit. */
  readonly skipped?: readonly SkippedModel[];
  /** Float codewords of the linear schemes. */
  readonly floatTable?: readonly FloatRow[];
}

/** Total bits at which the best operating point is named. */
const budgets = [70, 100, 150, 200, 300, 400, 500, 700, 1000, 1330, 1700, 3000];

/** The most accurate path reports, network and other classical scheme that estimates matrices within a budget of total bits. */
interface Comparison {
  readonly budget: number;
  readonly paths: MatrixPoint | undefined;
  /** Path reports that refer to hints; the budget is of the reports, `hintBits` are beside it. */
  readonly known: MatrixPoint | undefined;
  readonly baseline: MatrixPoint | undefined;
  readonly network: MatrixPoint | undefined;
}

/** A point of a scheme that estimates matrices, and so has an NMSE. */
type MatrixPoint = RatePoint & { readonly nmseDb: number };

/** A point as it stands in the JSON report: its settings beside its figures. */
type FlatPoint = Omit<RatePoint, 'setting'> & { readonly [knob: string]: unknown };

/** Result as it stands in the JSON report. */
export type RateDistortionJson = Omit<RateDistortionResult, 'curve'> & { readonly curve: readonly FlatPoint[] };

/** What the JSON report has beyond the result: the best within each budget, and what a later run is held to. */
interface Comparisons {
  readonly comparison: readonly object[];
  readonly metrics: readonly Metric[];
}

/** Result as it stands in the JSON report: settings beside the figures of their point. */
export function rateDistortionJson(result: RateDistortionResult): RateDistortionJson & Comparisons {
  const comparison = compare(result.curve);
  return {
    ...result,
    curve: result.curve.map(({ setting, ...point }) => ({ ...point, ...setting })),
    comparison: comparison.map(({ budget, paths, known, baseline, network }) => ({
      budget,
      ...(paths && { paths: cited(paths) }),
      ...(known && { known: cited(known) }),
      ...(baseline && { baseline: cited(baseline) }),
      ...(network && { network: cited(network) }),
      ...(baseline && network && { differenceDb: network.nmseDb - baseline.nmseDb }),
    })),
    metrics: comparison.flatMap(({ budget, paths, known, baseline, network }) => [
      ...(paths?.subbandSgcs === undefined
        ? []
        : [similarityMetric(`paths subband SGCS, ${budget} bits at most`, paths.subbandSgcs)]),
      ...(paths ? [nmseMetric(`paths NMSE dB, ${budget} bits at most`, paths.nmseDb)] : []),
      ...(known ? [nmseMetric(`paths-known NMSE dB, ${budget} bits at most`, known.nmseDb)] : []),
      ...(network ? [nmseMetric(`best network NMSE dB, ${budget} bits at most`, network.nmseDb)] : []),
      ...(baseline ? [nmseMetric(`best baseline NMSE dB, ${budget} bits at most`, baseline.nmseDb)] : []),
    ]),
  };
}

function similarityMetric(name: string, value: number): Metric {
  return { name, value, better: 'higher', tolerance: 0.001 };
}

/** The result as a page, from what stands in the JSON report. */
export function rateDistortionPage(result: RateDistortionJson, data: string): PageContent {
  const curve = result.curve.map(
    ({ scheme, family, bits, hintBits, nmseDb, sgcs, subbandSgcs, intervals, chosenAt, ...knobs }): RatePoint => ({
      ...{ scheme, family, bits, setting: knobs as RatePoint['setting'] },
      ...(hintBits !== undefined && { hintBits }),
      ...(nmseDb !== undefined && { nmseDb }),
      ...(sgcs !== undefined && { sgcs }),
      ...(subbandSgcs !== undefined && { subbandSgcs }),
      ...(intervals && { intervals }),
      ...(chosenAt && { chosenAt }),
    }),
  );
  return pageOf({ ...result, curve }, data);
}

function pageOf(result: RateDistortionResult, data: string): PageContent {
  const { curve, select, baselines, floatTable, samples, uplinkSnrDb } = result;
  const chosen =
    select === undefined
      ? `Settings chosen on the same samples (give --select to choose them on others).`
      : `Settings chosen on ${select.samples} samples of ${select.data}.`;
  const fitted =
    baselines === undefined ? '' : ` Baselines fitted on ${baselines.samples} samples of ${baselines.data}.`;
  const noise = uplinkSnrDb === undefined ? '' : ` White noise on the uplink: ${uplinkSnrDb} dB SNR.`;
  return {
    title: 'Accuracy against the size of a report',
    lead: `${samples} samples of ${data}. ${chosen}${fitted}${noise}`,
    sections: [
      {
        title: 'NMSE against total bits',
        ...(curve.some(({ hintBits }) => hintBits !== undefined) && { text: hintText }),
        tables: [budgetTable(curve)],
        figures: [
          {
            name: 'rate-distortion',
            caption:
              'Complex NMSE of whole reports against the mean of all their bits (paths-cap: the cap; paths-known: bits of hints not among them). Networks ' +
              'solid, path reports and other classical schemes dashed; each point is the setting that one would choose within its bits.',
            drawing: rateDistortionPlot(result, data, {
              title: 'Accuracy against the size of a report',
              axis: 'Complex NMSE (dB), lower is better',
              figure: ({ nmseDb }) => nmseDb,
            }),
          },
        ],
      },
      ...(curve.some(({ subbandSgcs }) => subbandSgcs !== undefined) ? [similaritySection(result, data)] : []),
      ...(floatTable === undefined
        ? []
        : [
            {
              title: 'Linear schemes with float codewords',
              text: 'Magnitude NMSE, perfect phase.',
              tables: [
                {
                  header: ['M', 'PCA dB', 'linear RRR dB'],
                  rows: floatTable.map((row) => [
                    String(row.codewordLength),
                    fixed(row.pcaNmseDb, 2),
                    fixed(row.rrrNmseDb, 2),
                  ]),
                },
              ],
            },
          ]),
    ],
  };
}

const hintText =
  'paths-known may refer to a hint: places of paths that the BS finds in the uplink and sends down. Bits of a hint are beside ' +
  "the report's; here there is one for every report, and in use one serves until the channel has changed.";

function budgetTable(curve: readonly RatePoint[]): Table {
  const cell = (point: MatrixPoint | undefined) => fixed(point?.nmseDb, 2);
  const named = (point: MatrixPoint | undefined) => (point === undefined ? '-' : `${cell(point)} (${point.scheme})`);
  const rows = compare(curve);
  const hasHints = rows.some(({ known }) => known !== undefined);
  return {
    header: [
      ...['bits, at most', 'paths dB'],
      ...(hasHints ? ['paths-known dB', 'bits of its hint'] : []),
      ...['best network dB', 'its bits', 'its setting', 'best other classical dB'],
    ],
    rows: rows.map(({ budget, paths, known, baseline, network }) => [
      String(budget),
      cell(paths),
      ...(hasHints ? [cell(known), known?.hintBits?.toFixed(0) ?? '-'] : []),
      named(network),
      network?.bits.toFixed(0) ?? '-',
      network ? settingOf(network) : '-',
      named(baseline),
    ]),
  };
}

/** What a figure draws of every point; schemes without it are left out. */
interface Drawn {
  readonly title: string;
  readonly axis: string;
  readonly figure: (point: RatePoint) => number | undefined;
}

/** The figure that 3GPP judges by, with the schemes that report directions alone. */
function similaritySection(result: RateDistortionResult, data: string): PageContent['sections'][number] {
  const { curve } = result;
  const best = (budget: number, wanted: (point: RatePoint) => boolean) =>
    curve
      .filter((point) => point.bits <= budget && wanted(point))
      .flatMap(({ subbandSgcs }) => subbandSgcs ?? [])
      .reduce((most: number | undefined, one) => Math.max(most ?? 0, one), undefined);
  const rows = budgets.map((budget) => [
    String(budget),
    fixed(
      best(budget, ({ scheme }) => scheme === 'paths'),
      3,
    ),
    fixed(
      best(budget, ({ scheme }) => scheme === 'etype2'),
      3,
    ),
    fixed(
      best(budget, ({ family }) => family === 'network'),
      3,
    ),
    fixed(
      best(budget, ({ family, nmseDb }) => family === 'baseline' && nmseDb !== undefined),
      3,
    ),
  ]);
  return {
    title: 'SGCS of subbands against total bits',
    text:
      'Mean over the strongest eigenvectors of 13 subbands: what 3GPP judges by. etype2 is the Rel-16 eType II codebook of rank 1, the ' +
      '32 antennas as two halves of 16 ports; it reports directions alone, which have no NMSE.',
    tables: [{ header: ['bits, at most', 'paths', 'eType II', 'best network', 'best other classical'], rows }],
    figures: [
      {
        name: 'rate-distortion-sgcs',
        caption: 'The points of the figure above, and eType II.',
        drawing: rateDistortionPlot(result, data, {
          title: 'SGCS of subbands against the size of a report',
          axis: 'SGCS of 13 subbands, higher is better',
          figure: ({ subbandSgcs }) => subbandSgcs,
        }),
      },
    ],
  };
}

/**
 * A figure against bits of every scheme, networks solid, baselines dashed: at every sixth of an octave of bits the point that
 * one would choose within that budget.
 */
function rateDistortionPlot(result: RateDistortionResult, data: string, { title, axis, figure }: Drawn): LinePlot {
  const names = [...new Set(result.curve.filter((point) => figure(point) !== undefined).map(({ scheme }) => scheme))];
  const series = names.map((name): PlotSeries => {
    const points = result.curve.filter(({ scheme }) => scheme === name);
    return {
      name,
      ...(points[0]?.family === 'network'
        ? { line: 'solid', colour: 'ordered' }
        : { line: 'dashed', colour: 'category' }),
      points: thin(points).map((point) => ({ x: point.bits, y: figure(point) ?? Number.NaN })),
    };
  });
  return {
    kind: 'lines',
    title,
    subtitle: `Whole reports, every bit counted; ${result.samples} samples of ${data}`,
    x: { title: 'Mean bits of a report', scale: 'log', ticks: [50, 100, 200, 350, 500, 700, 1000, 1700, 3000, 5000] },
    y: { title: axis, scale: 'linear' },
    markers: true,
    series,
  };
}

function thin(points: readonly RatePoint[]): RatePoint[] {
  const most = Math.max(...points.map(({ bits, chosenAt }) => Math.max(bits, chosenAt?.bits ?? 0)));
  const chosen = new Set<RatePoint>();
  for (let budget = most; budget >= 1; budget *= 2 ** (-1 / 6)) {
    const best = bestWithin(points, budget);
    if (best !== undefined) chosen.add(best);
  }
  return [...chosen].sort((a, b) => a.bits - b.bits);
}

function compare(curve: readonly RatePoint[]): Comparison[] {
  const matrices = curve.filter((point): point is MatrixPoint => point.nmseDb !== undefined);
  const within = (wanted: (point: RatePoint) => boolean, budget: number) =>
    bestWithin(matrices.filter(wanted), budget) as MatrixPoint | undefined;
  return budgets
    .map((budget) => ({
      budget,
      paths: within(({ scheme }) => scheme === 'paths', budget),
      known: within(({ scheme }) => scheme === 'paths-known', budget),
      baseline: within(({ family }) => family === 'baseline', budget),
      network: within(({ family }) => family === 'network', budget),
    }))
    .filter(({ paths, known, baseline, network }) => (paths ?? known ?? baseline ?? network) !== undefined);
}

function settingOf({ setting }: RatePoint): string {
  return Object.entries(setting)
    .map(([knob, value]) => `${knob} ${value}`)
    .join(', ');
}

function cited({ scheme, bits, hintBits, nmseDb, subbandSgcs }: MatrixPoint): object {
  return {
    scheme,
    bits,
    ...(hintBits !== undefined && { hintBits }),
    nmseDb,
    ...(subbandSgcs !== undefined && { subbandSgcs }),
  };
}
