import { bestWithin, type FloatRow, type RatePoint } from '@edge-csi/lab';
import { type Metric, nmseMetric } from '@edge-csi/lab/metrics';
import { fixed, type LinePlot, type PageContent, type PlotSeries, type Table } from '@edge-csi/report';

/** A file that took part in a measurement. */
export interface UsedFile {
  readonly data: string;
  readonly dataSha256: string;
  readonly samples: number;
}

/** What the suite measures. */
export interface RateDistortionResult {
  readonly samples: number;
  readonly select?: UsedFile;
  readonly baselines?: UsedFile;
  readonly curve: readonly RatePoint[];
  /** Float codewords of the linear schemes. */
  readonly floatTable?: readonly FloatRow[];
}

/** Total bits at which the best operating point is named. */
const budgets = [70, 100, 150, 200, 300, 400, 500, 700, 1000, 1330, 1700, 3000];

/** The most accurate path reports, network and other classical scheme within a budget of total bits. */
interface Comparison {
  readonly budget: number;
  readonly paths: RatePoint | undefined;
  readonly baseline: RatePoint | undefined;
  readonly network: RatePoint | undefined;
}

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
    comparison: comparison.map(({ budget, paths, baseline, network }) => ({
      budget,
      ...(paths && { paths: cited(paths) }),
      ...(baseline && { baseline: cited(baseline) }),
      ...(network && { network: cited(network) }),
      ...(baseline && network && { differenceDb: network.nmseDb - baseline.nmseDb }),
    })),
    metrics: comparison.flatMap(({ budget, paths, baseline, network }) => [
      ...(paths ? [nmseMetric(`paths NMSE dB, ${budget} bits at most`, paths.nmseDb)] : []),
      ...(network ? [nmseMetric(`best network NMSE dB, ${budget} bits at most`, network.nmseDb)] : []),
      ...(baseline ? [nmseMetric(`best baseline NMSE dB, ${budget} bits at most`, baseline.nmseDb)] : []),
    ]),
  };
}

/** The result as a page, from what stands in the JSON report. */
export function rateDistortionPage(result: RateDistortionJson, data: string): PageContent {
  const curve = result.curve.map(({ scheme, family, bits, nmseDb, chosenAt, ...knobs }): RatePoint => {
    const setting = knobs as RatePoint['setting'];
    return { scheme, family, bits, nmseDb, setting, ...(chosenAt && { chosenAt }) };
  });
  return pageOf({ ...result, curve }, data);
}

function pageOf(result: RateDistortionResult, data: string): PageContent {
  const { curve, select, baselines, floatTable, samples } = result;
  const chosen =
    select === undefined
      ? `Settings chosen on the same samples (give --select to choose them on others).`
      : `Settings chosen on ${select.samples} samples of ${select.data}.`;
  const fitted =
    baselines === undefined ? '' : ` Baselines fitted on ${baselines.samples} samples of ${baselines.data}.`;
  return {
    title: 'Accuracy against the size of a report',
    lead: `${samples} samples of ${data}. ${chosen}${fitted}`,
    sections: [
      {
        title: 'NMSE against total bits',
        tables: [budgetTable(curve)],
        figures: [
          {
            name: 'rate-distortion',
            caption:
              'Complex NMSE of whole reports against the mean of all their bits (paths-cap: the cap). Networks ' +
              'solid, path reports and other classical schemes dashed; each point is the setting that one would choose within its bits.',
            drawing: rateDistortionPlot(result, data),
          },
        ],
      },
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

function budgetTable(curve: readonly RatePoint[]): Table {
  const cell = (point: RatePoint | undefined) => point?.nmseDb.toFixed(2) ?? '-';
  const named = (point: RatePoint | undefined) => (point === undefined ? '-' : `${cell(point)} (${point.scheme})`);
  return {
    header: ['bits, at most', 'paths dB', 'best network dB', 'its bits', 'its setting', 'best other classical dB'],
    rows: compare(curve).map(({ budget, paths, baseline, network }) => [
      String(budget),
      cell(paths),
      named(network),
      network?.bits.toFixed(0) ?? '-',
      network ? settingOf(network) : '-',
      named(baseline),
    ]),
  };
}

/**
 * NMSE against bits of every scheme, networks solid, baselines dashed: at every sixth of an octave of bits the point that
 * one would choose within that budget.
 */
function rateDistortionPlot(result: RateDistortionResult, data: string): LinePlot {
  const names = [...new Set(result.curve.map(({ scheme }) => scheme))];
  const series = names.map((name): PlotSeries => {
    const points = result.curve.filter(({ scheme }) => scheme === name);
    return {
      name,
      ...(points[0]?.family === 'network'
        ? { line: 'solid', colour: 'ordered' }
        : { line: 'dashed', colour: 'category' }),
      points: thin(points).map(({ bits, nmseDb }) => ({ x: bits, y: nmseDb })),
    };
  });
  return {
    kind: 'lines',
    title: 'Accuracy against the size of a report',
    subtitle: `Whole reports, every bit counted; ${result.samples} samples of ${data}`,
    x: { title: 'Mean bits of a report', scale: 'log', ticks: [50, 100, 200, 350, 500, 700, 1000, 1700, 3000, 5000] },
    y: { title: 'Complex NMSE (dB), lower is better', scale: 'linear' },
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
  const within = (family: RatePoint['family'], budget: number) =>
    bestWithin(
      curve.filter((point) => point.family === family),
      budget,
    );
  return budgets
    .map((budget) => ({
      budget,
      paths: bestWithin(
        curve.filter(({ scheme }) => scheme === 'paths'),
        budget,
      ),
      baseline: within('baseline', budget),
      network: within('network', budget),
    }))
    .filter(({ paths, baseline, network }) => (paths ?? baseline ?? network) !== undefined);
}

function settingOf({ setting }: RatePoint): string {
  return Object.entries(setting)
    .map(([knob, value]) => `${knob} ${value}`)
    .join(', ');
}

function cited({ scheme, bits, nmseDb }: RatePoint): object {
  return { scheme, bits, nmseDb };
}
