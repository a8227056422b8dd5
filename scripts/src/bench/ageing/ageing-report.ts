import type { LinePlot, PlotSeries } from '../../line-plot.ts';
import { markdownTable } from '../../markdown-table.ts';
import { measuredBy } from '../../measured-by.ts';
import { type AgeingRun, type HeldAccuracy, perfectCsi } from './ageing.ts';
import { ageOfError } from './stale-beyond.ts';

interface PageOptions {
  /** Name of the figure's file. */
  readonly svg: string | undefined;
  readonly loadBefore: number;
}

/** The suite's figures as a Markdown page. */
export function renderAgeingPage(
  { delayMs, runs }: { readonly delayMs: number; readonly runs: readonly AgeingRun[] },
  { svg, loadBefore }: PageOptions,
): string {
  const scenarios = [...new Set(runs.map(({ scenario }) => scenario))];
  const sections = [
    '# What stale CSI costs',
    `${measuredBy('cpu', loadBefore)} What is measured, and how: [benchmarks.md](benchmarks.md#ageing).`,
    `A UE reports every period and moves on; the BS holds the estimate, which is in use from ${delayMs} ms after the UE measured ` +
      'until the next report takes its place. Figures are means over that time. "Perfect CSI" is the true matrix, held as long: what ' +
      'staleness costs without any compression.',
    ...(svg === undefined ? [] : [`![NMSE against age](${svg})`]),
    ...scenarios.map((scenario) => renderScenario(runs.filter((run) => run.scenario === scenario))),
  ];
  return `${sections.join('\n\n')}\n`;
}

function renderScenario(runs: readonly AgeingRun[]): string {
  const { scenario, downlinkCarrierHz, tracks, byPeriod } = runs[0] as AgeingRun;
  const periods = byPeriod.map(({ periodMs }) => `${periodMs} ms`);
  const table = (figure: (accuracy: HeldAccuracy) => string) =>
    markdownTable(
      ['speed', 'what is held', 'bits', ...periods],
      runs.map((run) => [
        `${run.speedKmh} km/h`,
        run.csi,
        run.csi === perfectCsi ? '-' : run.payloadBits.toFixed(0),
        ...run.byPeriod.map(figure),
      ]),
    );
  return [
    `## ${scenario}, ${Number((downlinkCarrierHz / 1e9).toFixed(3))} GHz`,
    `${tracks} UEs, each in an environment of its own. ${widestIntervals(runs)}`,
    'NMSE in dB, by report period. Above 0 dB no estimate would be better than the one that is held:',
    table(({ nmseDb }) => nmseDb.toFixed(1)),
    'SGCS, by report period. Unlike NMSE it forgives a phase that all antennas share, as a precoder does:',
    table(({ sgcs }) => sgcs.toFixed(3)),
    'Age in ms from which the true matrix, held, is as far off as a fresh estimate: from there on staleness costs more than ' +
      'compression, and more bits stop helping.',
    breakEvenTable(runs),
  ].join('\n\n');
}

/** How uncertain the figures are, at most. */
function widestIntervals(runs: readonly AgeingRun[]): string {
  const widths = runs.flatMap(({ byPeriod }) =>
    byPeriod.flatMap(({ intervals }) => (intervals ? [(intervals.nmseDb[1] - intervals.nmseDb[0]) / 2] : [])),
  );
  if (widths.length === 0) return '';
  return `95 % intervals of NMSE are within ${Math.max(...widths).toFixed(1)} dB of the figures.`;
}

function breakEvenTable(runs: readonly AgeingRun[]): string {
  const speeds = [...new Set(runs.map(({ speedKmh }) => speedKmh))];
  const models = [...new Set(runs.map(({ csi }) => csi))].filter((csi) => csi !== perfectCsi);
  const find = (csi: string, speedKmh: number) => runs.find((run) => run.csi === csi && run.speedKmh === speedKmh);
  const oldestMs = runs[0]?.byAge.at(-1)?.ageMs;
  const rows = models.map((model) => {
    const freshDb = find(model, speeds[0] as number)?.byAge[0]?.nmseDb ?? Number.NaN;
    const ages = speeds.map((speed) => ageOfError(find(perfectCsi, speed)?.byAge ?? [], freshDb));
    return [
      model,
      freshDb.toFixed(1),
      ...ages.map((age) => (age === undefined ? `over ${oldestMs}` : String(Number(age.toPrecision(2))))),
    ];
  });
  return markdownTable(['model', 'fresh, NMSE dB', ...speeds.map((speed) => `${speed} km/h`)], rows);
}

/** NMSE against age of the first scenario: true matrices at every speed, estimates at the lowest. */
export function ageingPlot(runs: readonly AgeingRun[]): LinePlot {
  const ofScenario = runs.filter(({ scenario }) => scenario === runs[0]?.scenario);
  const slowest = Math.min(...ofScenario.map(({ speedKmh }) => speedKmh));
  const { scenario = '', downlinkCarrierHz = Number.NaN } = ofScenario[0] ?? {};
  const lines = ofScenario.flatMap((run): PlotSeries[] => {
    const isPerfect = run.csi === perfectCsi;
    if (!isPerfect && run.speedKmh !== slowest) return [];
    const points = run.byAge.filter(({ ageMs }) => ageMs > 0).map(({ ageMs, nmseDb }) => ({ x: ageMs, y: nmseDb }));
    return [{ name: `${run.csi}, ${run.speedKmh} km/h`, style: isPerfect ? 'solid' : 'dashed', points }];
  });
  return {
    title: 'What stale CSI costs',
    subtitle: `${scenario}, ${downlinkCarrierHz / 1e9} GHz; held at the BS, against the true channel of that age`,
    x: { title: 'Age of the CSI (ms)', scale: 'log', ticks: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000] },
    y: { title: 'Complex NMSE (dB), lower is better', scale: 'linear' },
    series: [...lines.filter(({ style }) => style === 'solid'), ...lines.filter(({ style }) => style === 'dashed')],
  };
}
