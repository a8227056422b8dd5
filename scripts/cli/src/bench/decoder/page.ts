import type { ExecutionProvider } from '@edge-csi/bs-server';
import { lowerMedian } from '@edge-csi/lab/metrics';
import { fixed, type PageContent, type PlotSeries } from '@edge-csi/report';

/** Decoder throughput of one model, the refiner left out. */
export interface DecoderCost {
  readonly model: string;
  /** Null of path reports. */
  readonly codewordLength: number | null;
  readonly batchSize: number;
  readonly provider: ExecutionProvider;
  /** Of each round, on one thread where it runs on the CPU. */
  readonly reportsPerSecond: readonly number[];
  /** Median over rounds of this model's rate by that of the first model, taken in the same round. */
  readonly ratio: number;
}

/** What each decoder costs, as a page. */
export function decoderPage({ runs }: { readonly runs: readonly DecoderCost[] }): PageContent {
  const [first] = runs;
  const rates = runs.map(({ reportsPerSecond }) => lowerMedian(reportsPerSecond));
  // Results of versions that knew the CPU only do not name it.
  const where = (first?.provider ?? 'cpu') === 'cpu' ? 'one core' : first?.provider;
  return {
    title: 'Cost of the decoders',
    lead:
      `Decoders alone, refiners left out, on ready-made batches of ${first?.batchSize ?? 0} reports, on ${where}, in ` +
      `turn over ${first?.reportsPerSecond.length ?? 0} rounds. Ratios are of rates of the same round.`,
    sections: [
      {
        title: 'Reports a second',
        tables: [
          {
            header: ['model', 'batch', `reports/s on ${where}`, `by ${first?.model ?? 'the first'}`],
            rows: runs.map((r, i) => [r.model, String(r.batchSize), fixed(rates[i], 0), `${fixed(r.ratio, 2)}x`]),
          },
        ],
        figures: [
          {
            name: 'decoder-cost',
            caption: `Median over rounds of each model's rate by that of ${first?.model ?? 'the first'} in the same round.`,
            drawing: {
              kind: 'lines',
              title: 'Decoder throughput, relative',
              subtitle: `On ${where}, all in turn`,
              x: { title: 'Codeword length M', scale: 'log', ticks: [4, 8, 16, 43, 64, 128, 256, 384] },
              y: { title: `Rate by that of ${first?.model ?? 'the first'}`, scale: 'linear', fromZero: true },
              markers: true,
              series: runs.flatMap(({ model, codewordLength, ratio }): PlotSeries[] =>
                codewordLength === null
                  ? []
                  : [{ name: model, line: 'none', colour: 'category', points: [{ x: codewordLength, y: ratio }] }],
              ),
            },
          },
        ],
      },
    ],
  };
}
