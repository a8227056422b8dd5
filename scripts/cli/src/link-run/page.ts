import type { LatencySummary } from '@edge-csi/lab/metrics';
import {
  cdfPlot,
  type Figure,
  fixed,
  type HeatMapPanel,
  type Page,
  type PlotSeries,
  publishedCaption,
  publishedSeries,
  reductionAxis,
  reductionText,
  renderTable,
  type Table,
} from '@edge-csi/report';
import { describeSkipped } from '../options/fitting-models.ts';
import { unpackLevels } from './example.ts';
import { type LinkExample, type LinkRun, type LinkRunReport, type LinkStage, labelOf } from './result.ts';

const stageNames: Readonly<Record<LinkStage, string>> = {
  encode: 'encode',
  transport: 'transport',
  queue: 'queue',
  decode: 'decode',
  endToEnd: 'end to end',
};

/** Models beside each other in one figure of heat maps. */
const modelsPerFigure = 3;

/** The result of a link run as a page. */
export function linkRunPage(report: LinkRunReport): Page {
  const { runs, samples, data, periodMs, uplinkSnrDb, encoder, skipped = [], examples = [] } = report;
  const isWithout = runs.some(({ quality }) => quality['no-uplink'] === 1);
  const noise = isWithout
    ? 'without an uplink'
    : uplinkSnrDb === null
      ? 'without noise on the uplink'
      : `uplink at ${uplinkSnrDb} dB SNR`;
  return {
    title: 'Link run',
    lead:
      `${samples} samples of ${data}, reported by ${runs[0]?.ues ?? 0} UEs (${encoder} encoder) over sockets, one report ` +
      `each per ${periodMs} ms, ${noise}; decoder on ${report.environment.provider}. ${describeSkipped(skipped)}`.trim(),
    provenance: report,
    sections: [
      {
        title: 'Accuracy and bits',
        text:
          'NMSE is complex and of whole reports, everything quantised, every bit counted; the number behind a model of path ' +
          'reports is the most bits of a report. ' +
          '|H| NMSE is of the magnitudes of the same estimates, SGCS the squared cosine similarity over subcarriers, and of the strongest ' +
          'eigenvectors of 13 subbands.',
        tables: [accuracyTable(runs)],
        figures: [
          ...(runs.some(({ reduction }) => reduction !== null) ? [reductionFigure(runs)] : []),
          bitsFigure(runs),
        ],
      },
      {
        title: 'Time of a report',
        text:
          'End to end: from CSI at the UE to the estimate at a subscriber. Decode: the whole batch that a report was ' +
          'decoded in. UEs, base station and subscriber share the cores of one machine.',
        tables: [latencyTable(runs)],
        figures: latencyFigures(runs),
      },
      ...(examples.length === 0
        ? []
        : [
            {
              title: 'True and estimated channels',
              text:
                'Magnitudes of the angular-delay matrices. The uplink is what the base station measures itself; the ' +
                'estimate is what it makes of it and of the report; the error is |H − Ĥ|, phases and all.',
              figures: examples.flatMap((example, i) => exampleFigures(example, i + 1)),
            },
          ]),
    ],
  };
}

/** The result of a link run as a person reads it: one table for accuracy and bits, one for time. */
export function renderLinkRun({ runs }: LinkRunReport): string {
  return [accuracyTable(runs), latencyTable(runs)].map(({ header, rows }) => renderTable(header, rows)).join('\n\n');
}

/** What became of the reports of each run, how large they were and how accurate the estimates. */
function accuracyTable(runs: readonly LinkRun[]): Table {
  const withUplinkOnly = runs.some((run) => run.uplinkOnlyEstimates > 0);
  const withHints = runs.some(({ hintBits = 0 }) => hintBits > 0);
  return {
    header: [
      ...['model', 'CR', 'sent', 'decoded', 'late', 'superseded', 'lost'],
      ...(withUplinkOnly ? ['uplink-only'] : []),
      ...(withHints ? ['bits', 'hint bits'] : ['bits']),
      ...['NMSE dB', '|H| NMSE dB', 'SGCS', 'of subbands'],
    ],
    rows: runs.map((run) => [
      run.quality['no-uplink'] === 1 ? `${labelOf(run)}, no-uplink` : labelOf(run),
      reductionText(run.reduction),
      String(run.reportsSent),
      String(run.reportsDecoded),
      String(run.reportsLate),
      String(run.reportsSuperseded),
      String(run.reportsLost),
      ...(withUplinkOnly ? [String(run.uplinkOnlyEstimates)] : []),
      fixed(run.payloadBits.mean, 0),
      ...(withHints ? [fixed(run.hintBits ?? 0, 1)] : []),
      fixed(run.nmseDb, 2),
      fixed(run.magnitudeNmseDb, 2),
      fixed(run.sgcs, 4),
      fixed(run.subbandSgcs, 4),
    ]),
  };
}

/** How long each step of a report took, and how many came through a second. */
function latencyTable(runs: readonly LinkRun[]): Table {
  const ms = (value: number) => fixed(value, value < 10 ? 2 : 1);
  const pair = ({ p50, p99 }: LatencySummary) => `${ms(p50)} / ${ms(p99)}`;
  return {
    header: ['p50 / p99 in ms', 'encode', 'transport', 'queue', 'decode', 'end to end', 'reports/s'],
    rows: runs.map(({ latencyMs, throughputPerSecond, ...run }) => [
      labelOf(run),
      pair(latencyMs.encode),
      pair(latencyMs.transport),
      pair(latencyMs.queue),
      pair(latencyMs.decode),
      pair(latencyMs.endToEnd),
      fixed(throughputPerSecond, 0),
    ]),
  };
}

/** One series of DualNet, one of path reports. */
function bitsFigure(runs: readonly LinkRun[]): Figure {
  const seriesOf = (name: string, shown: readonly LinkRun[]): PlotSeries[] => {
    const points = shown.map((run) => ({ x: run.payloadBits.mean, y: run.nmseDb })).sort((a, b) => a.x - b.x);
    return points.length === 0 ? [] : [{ name, line: 'solid', colour: 'category', points }];
  };
  return {
    name: 'link-bits',
    caption: 'Complex NMSE of whole reports against the mean of all their bits.',
    drawing: {
      kind: 'lines',
      title: 'Accuracy against the size of a report',
      subtitle: 'Whole reports over the link, every bit counted',
      x: { title: 'Mean bits of a report', scale: 'log', ticks: [50, 100, 200, 400, 700, 1000, 2000] },
      y: { title: 'Complex NMSE (dB), lower is better', scale: 'linear' },
      markers: true,
      series: [
        ...seriesOf(
          'networks',
          runs.filter(({ family }) => family !== 'paths'),
        ),
        ...seriesOf(
          'path reports',
          runs.filter(({ family }) => family === 'paths'),
        ),
      ],
    },
  };
}

function reductionFigure(runs: readonly LinkRun[]): Figure {
  const measured = (name: string, pick: (run: LinkRun) => number): PlotSeries => ({
    name,
    line: 'solid',
    colour: 'category',
    points: runs
      .flatMap((run) => (run.reduction === null ? [] : [{ x: run.reduction, y: pick(run) }]))
      .sort((a, b) => a.x - b.x),
  });
  return {
    name: 'link-nmse',
    caption:
      `Measured: whole reports, quantised, over the link. ${publishedCaption} The figure that compares with them, with ` +
      'floating-point codewords, is that of edge-csi bench accuracy.',
    drawing: {
      kind: 'lines',
      title: 'Accuracy by reduction',
      subtitle: 'Whole reports over the link; published figures of other data beside',
      x: reductionAxis,
      y: { title: 'NMSE (dB), lower is better', scale: 'linear' },
      markers: true,
      series: [
        measured('NMSE, measured', (run) => run.nmseDb),
        measured('|H| NMSE, measured', (run) => run.magnitudeNmseDb),
        ...publishedSeries,
      ],
    },
  };
}

function latencyFigures(runs: readonly LinkRun[]): Figure[] {
  const recorded = runs.filter(({ latencyDistribution }) => latencyDistribution !== undefined);
  if (recorded.length === 0) return [];
  const caption = (what: string) => `${what} Time is on a logarithmic axis.`;
  return [
    {
      name: 'link-latency',
      caption: caption('End to end, of the reports that were decoded.'),
      drawing: cdfPlot(
        'Time of a report, end to end',
        'Share of the reports that took no longer',
        recorded.map(({ latencyDistribution, ...run }) => ({
          name: labelOf(run),
          distribution: latencyDistribution?.endToEnd,
        })),
        'ordered',
      ),
    },
    ...recorded.map(({ latencyDistribution, ...run }) => ({
      name: `link-latency-${labelOf(run)}`,
      caption: caption('Encode is of all reports sent, the other steps of those that were decoded.'),
      drawing: cdfPlot(
        `Where the time goes, ${labelOf(run)}`,
        'Share of the reports whose step took no longer',
        Object.entries(stageNames).map(([stage, name]) => ({
          name,
          distribution: latencyDistribution?.[stage as LinkStage],
        })),
        'category',
      ),
    })),
  ];
}

/** @param place - among the examples, from 1: names of files stay the same from run to run, whatever the samples */
function exampleFigures(example: LinkExample, place: number): Figure[] {
  const { sample, numAntennas, numDelays, tapNs, estimates } = example;
  const figures: Figure[] = [];
  for (let start = 0; start < Math.max(1, estimates.length); start += modelsPerFigure) {
    const shown = estimates.slice(start, start + modelsPerFigure);
    const downlink = { title: 'Downlink, true', note: 'dB re. its peak', levelsDb: unpackLevels(example.downlink) };
    // Data of one band show its truth on both lines.
    const measured = { title: 'Uplink, at the BS', note: 'dB re. its own peak' };
    const uplink = example.uplink === undefined ? downlink : { ...measured, levelsDb: unpackLevels(example.uplink) };
    const top = shown.map(
      ({ model, nmseDb, estimate }): HeatMapPanel => ({
        title: model,
        note: `estimate, NMSE ${nmseDb.toFixed(1)} dB`,
        levelsDb: unpackLevels(estimate),
      }),
    );
    const bottom = shown.map(
      ({ model, error }): HeatMapPanel => ({ title: model, note: 'error, |H − Ĥ|', levelsDb: unpackLevels(error) }),
    );
    figures.push({
      name: `link-example-${place}${start === 0 ? '' : `-${1 + start / modelsPerFigure}`}`,
      caption:
        `Sample ${sample}, ${numAntennas} angles by ${numDelays} delay taps of ${tapNs.toFixed(0)} ns. Downlink, estimates ` +
        'and errors are relative to the strongest entry of the true downlink.' +
        (shown.length === 0 ? ' No report of this sample was decoded.' : ''),
      drawing: {
        kind: 'heat-maps',
        title: `Sample ${sample}`,
        subtitle: 'True channel, what the base station measures, and what it estimates from a report',
        numRows: numAntennas,
        numColumns: numDelays,
        x: `Delay (taps of ${tapNs.toFixed(0)} ns)`,
        y: 'Angle (bin)',
        scale: 'Magnitude (dB re. peak)',
        panels: [downlink, ...top, uplink, ...bottom],
        panelsPerLine: 1 + shown.length,
      },
    });
  }
  return figures;
}
