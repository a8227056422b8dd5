import type { EncodeLatency } from '@edge-csi/lab';
import { type LatencyBackend, latencyBackends } from '@edge-csi/lab/encoder-backend';
import type { LatencySummary } from '@edge-csi/lab/metrics';
import { type Figure, fixed, type PageContent, reductionText, type Section, type Table } from '@edge-csi/report';
import type { ColdStart } from './cold-start.ts';
import { reportStages, type StageLatency } from './stages.ts';

/** What a report of one model takes: warm and cold by backend, by stage, and from CSI to estimate. */
export interface LatencyRun extends EncodeLatency, StageLatency {
  readonly model: string;
  /** Null of path reports, as the length of the codeword. */
  readonly reduction: number | null;
  readonly codewordLength: number | null;
  readonly samples: number;
  readonly coldStart: Readonly<Partial<Record<LatencyBackend, ColdStart>>>;
}

/** What only some versions measured. */
type Later = 'stages' | 'endToEnd' | 'coldStart';
type SavedRun = Omit<LatencyRun, Later> & Partial<Pick<LatencyRun, Later>>;

/** What a report takes, by model: warm and cold by backend, and by stage, as a page. */
export function latencyPage({ runs }: { readonly runs: readonly SavedRun[] }, data: string): PageContent {
  return {
    title: 'Time of a report',
    lead: `Warm and cold, one core, ${runs[0]?.samples ?? 0} samples of ${data}; all backends in turn on the same samples.`,
    sections: [
      {
        title: 'At the UE, warm, by backend',
        text: 'From CSI to payload.',
        tables: [warmTable(runs)],
        figures: [warmFigure(runs)],
      },
      ...stagesSection(runs),
      ...coldSection(runs),
    ],
  };
}

function us(ms: number): string {
  return fixed(1000 * ms, 0);
}

/** A dash where there is nothing to tell. */
function p50p99(latency: LatencySummary | undefined): string {
  return latency === undefined ? '-' : `${us(latency.p50)} / ${us(latency.p99)}`;
}

function warmTable(runs: readonly SavedRun[]): Table {
  const rivals = latencyBackends.slice(1);
  return {
    header: ['p50 / p99 in us', 'CR', 'M', ...latencyBackends, ...rivals.map((name) => `ort / ${name}`)],
    rows: runs.map(({ model, reduction, codewordLength, latencyMs, speedup }) => [
      model,
      reductionText(reduction),
      String(codewordLength ?? '-'),
      ...latencyBackends.map((name) => p50p99(latencyMs[name])),
      ...rivals.map((name) => (speedup[name] === undefined ? '-' : `${fixed(speedup[name], 1)}x`)),
    ]),
  };
}

function warmFigure(runs: readonly SavedRun[]): Figure {
  return {
    name: 'encode-latency',
    caption:
      'Median over the samples. ort is onnxruntime-web; micro is the WebAssembly kernel, int8 unless it says float32.',
    drawing: {
      kind: 'lines',
      title: 'Time of a report at the UE',
      subtitle: 'p50, warm, from CSI to payload',
      x: { title: 'Codeword length M', scale: 'log', ticks: [4, 8, 16, 43, 64, 128, 256, 384] },
      y: { title: 'Time (µs)', scale: 'linear', fromZero: true },
      markers: true,
      series: latencyBackends.map((name) => ({
        name,
        line: 'solid',
        colour: 'category',
        points: runs
          .flatMap(({ codewordLength: x, latencyMs: { [name]: latency } }) =>
            x === null || latency === undefined ? [] : [{ x, y: 1000 * latency.p50 }],
          )
          .sort((a, b) => a.x - b.x),
      })),
    },
  };
}

function stagesSection(runs: readonly SavedRun[]): Section[] {
  const rows = runs.flatMap(({ model, stages, endToEnd }) =>
    stages === undefined || endToEnd === undefined
      ? []
      : [
          [
            model,
            // Of a stage that its codec does not have, nothing was timed.
            ...reportStages.map((stage) => (stages[stage].p99 > 0 ? us(stages[stage].p50) : '-')),
            p50p99(endToEnd),
          ],
        ],
  );
  if (rows.length === 0) return [];
  return [
    {
      title: 'From CSI to estimate, by stage',
      text: 'The code of both ends in one process, without a link: encoder on ort, a batch of one, one thread. A stage inside another counts once.',
      tables: [{ header: ['p50 in us', ...reportStages, 'CSI to estimate, p50 / p99'], rows }],
    },
  ];
}

function coldSection(runs: readonly SavedRun[]): Section[] {
  const rows = runs.flatMap(({ model, coldStart }) =>
    coldStart === undefined
      ? []
      : Object.entries(coldStart).map(([name, { processMs, loadMs, openMs, firstReportMs, totalMs }]) => {
          return [model, name, ...[processMs, loadMs, openMs, firstReportMs, totalMs].map((ms) => fixed(ms, 1))];
        }),
  );
  if (rows.length === 0) return [];
  return [
    {
      title: 'At the UE, cold',
      text: 'A process of its own for every start; files come from the cache of the operating system.',
      tables: [
        {
          header: ['median in ms', 'backend', 'process', 'load model', 'open encoder', 'first report', 'in all'],
          rows,
        },
      ],
    },
  ];
}
