import { type AgeingRun, ageOfError, type HeldAccuracy, perfectCsiName } from '@edge-csi/lab';
import { type Figure, fixed, type PageContent, type PlotSeries, type Section, type Table } from '@edge-csi/report';

/** What the suite measures. */
export interface AgeingResult {
  readonly delayMs: number;
  readonly runs: readonly AgeingRun[];
}

/** What stale CSI costs, by scenario, as a page. */
export function ageingPage({ delayMs, runs }: AgeingResult): PageContent {
  const scenarios = [...new Set(runs.map(({ scenario }) => scenario))];
  return {
    title: 'What stale CSI costs',
    lead:
      `A UE reports every period and moves on; the estimate is in use from ${delayMs} ms after the UE measured until the next report ` +
      'takes its place. Figures by report period are means over that time. Estimates are held, but for path reports that predict: ' +
      'their paths turn on at their Doppler shifts. "Perfect CSI" is the true matrix, held as long: what staleness costs without any ' +
      'compression. What is measured, and how: docs/benchmarks.md.',
    sections: scenarios.flatMap((scenario) => sectionsOf(runs.filter((run) => run.scenario === scenario))),
  };
}

function sectionsOf(runs: readonly AgeingRun[]): Section[] {
  const { scenario, downlinkCarrierHz, tracks } = runs[0] as AgeingRun;
  const place = `${scenario}, ${Number((downlinkCarrierHz / 1e9).toFixed(3))} GHz`;
  return [
    {
      title: `${place}: NMSE by report period`,
      text:
        `dB, of ${tracks} UEs, each in an environment of its own.${widestIntervals(runs)} Above 0 dB no estimate would be better than ` +
        'the one that is held.',
      tables: [periodTable(runs, ({ nmseDb }) => fixed(nmseDb, 1))],
      figures: [ageFigure(runs, place)],
    },
    {
      title: `${place}: SGCS by report period`,
      text: 'Unlike NMSE it forgives a phase that all antennas share, as a precoder does.',
      tables: [periodTable(runs, ({ sgcs }) => fixed(sgcs, 3))],
    },
    {
      title: `${place}: spectral efficiency by report period`,
      text: 'bit/s/Hz of 4 UEs at once, of environments of their own, by zero forcing from what the BS has, at an SNR of 10 dB.',
      tables: [periodTable(runs, ({ spectralEfficiency = Number.NaN }) => fixed(spectralEfficiency, 1))],
    },
    {
      title: `${place}: age beyond which bits stop helping`,
      text:
        'Age in ms from which the true matrix, held, is as far off as a fresh estimate: from there on staleness costs more than ' +
        'compression.',
      tables: [breakEvenTable(runs)],
    },
  ];
}

function periodTable(runs: readonly AgeingRun[], figure: (accuracy: HeldAccuracy) => string): Table {
  const periods = (runs[0]?.byPeriod ?? []).map(({ periodMs }) => `${periodMs} ms`);
  return {
    header: ['speed', 'at the BS', 'bits', ...periods],
    rows: runs.map((run) => [
      `${run.speedKmh} km/h`,
      run.csi,
      run.csi === perfectCsiName ? '-' : fixed(run.payloadBits, 0),
      ...run.byPeriod.map(figure),
    ]),
  };
}

/** How uncertain the figures are, at most. */
function widestIntervals(runs: readonly AgeingRun[]): string {
  const widths = runs.flatMap(({ byPeriod }) =>
    byPeriod.flatMap(({ intervals }) => (intervals ? [(intervals.nmseDb[1] - intervals.nmseDb[0]) / 2] : [])),
  );
  if (widths.length === 0) return '';
  return ` 95 % intervals are within ${fixed(Math.max(...widths), 1)} dB of the figures.`;
}

function breakEvenTable(runs: readonly AgeingRun[]): Table {
  const speeds = [...new Set(runs.map(({ speedKmh }) => speedKmh))];
  const isHeld = ({ csi, scheme }: AgeingRun) => csi !== perfectCsiName && scheme?.endsWith('-predicted') !== true;
  const models = [...new Set(runs.filter(isHeld).map(({ csi }) => csi))];
  const find = (csi: string, speedKmh: number) => runs.find((run) => run.csi === csi && run.speedKmh === speedKmh);
  const oldestMs = runs[0]?.byAge.at(-1)?.ageMs;
  const rows = models.map((model) => {
    const freshDb = find(model, speeds[0] as number)?.byAge[0]?.nmseDb ?? Number.NaN;
    const ages = speeds.map((speed) => ageOfError(find(perfectCsiName, speed)?.byAge ?? [], freshDb));
    return [
      model,
      fixed(freshDb, 1),
      ...ages.map((age) => (age === undefined ? `over ${oldestMs}` : String(Number(age.toPrecision(2))))),
    ];
  });
  return { header: ['model', 'fresh, NMSE dB', ...speeds.map((speed) => `${speed} km/h`)], rows };
}

/** Speed of a walk, whose estimates are drawn. */
const WALKING_KMH = 3;

/** NMSE against age: true matrices at every speed, estimates at that of a walk, or the lowest. */
function ageFigure(runs: readonly AgeingRun[], place: string): Figure {
  const speeds = runs.map(({ speedKmh }) => speedKmh);
  const shown = speeds.includes(WALKING_KMH) ? WALKING_KMH : Math.min(...speeds);
  const lines = (chosen: readonly AgeingRun[], look: Pick<PlotSeries, 'line' | 'colour'>) =>
    chosen.map(
      ({ csi, speedKmh, byAge }): PlotSeries => ({
        name: `${csi}, ${speedKmh} km/h`,
        ...look,
        points: byAge.filter(({ ageMs }) => ageMs > 0).map(({ ageMs, nmseDb }) => ({ x: ageMs, y: nmseDb })),
      }),
    );
  return {
    name: `ageing-${runs[0]?.scenario}`,
    caption:
      `Solid: the true matrix, held, at each speed. Dashed: estimates at ${shown} km/h. Those that are held meet the true matrix of that ` +
      'speed where staleness is all that counts; those that are predicted do not.',
    drawing: {
      kind: 'lines',
      title: 'What stale CSI costs',
      subtitle: `${place}; at the BS, against the true channel of that age`,
      x: { title: 'Age of the CSI (ms)', scale: 'log' },
      y: { title: 'Complex NMSE (dB), lower is better', scale: 'linear' },
      markers: true,
      series: [
        ...lines(
          runs.filter(({ csi }) => csi === perfectCsiName),
          { line: 'solid', colour: 'ordered' },
        ),
        ...lines(
          runs.filter(({ csi, speedKmh }) => csi !== perfectCsiName && speedKmh === shown),
          { line: 'dashed', colour: 'category' },
        ),
      ],
    },
  };
}
