import type { ChannelStatistics, ScenarioName } from '@edge-csi/csi';
import { fixed, type PageContent, type Table } from '@edge-csi/report';

/** What a scenario costs on one thread. */
export interface SimulationRate {
  readonly scenario: ScenarioName;
  /** Paths of a sample, mean. */
  readonly paths: number;
  /** Samples with both bands as 32 x 32 matrices, by the processor time that they took and by the clock. */
  readonly pairsPerCpuSecond: number;
  readonly pairsPerSecond: number;
}

/** A model's NMSE on the data and on simulated samples. */
export interface ModelComparison {
  readonly model: string;
  readonly nmseDb: { readonly data: number; readonly simulated: number };
  readonly floatMagnitudeNmseDb: { readonly data: number; readonly simulated: number };
}

/** What the suite measures. */
export interface SimulatorResult {
  readonly scenario: ScenarioName;
  readonly statistics: { readonly data: ChannelStatistics; readonly simulated: ChannelStatistics };
  readonly models: readonly ModelComparison[];
  readonly rates: readonly SimulationRate[];
}

/** Delay taps whose energy the statistics hold. */
const firstTaps = [1, 2, 4, 8, 16];

/** Simulated channels beside those of a file, as a page. */
export function simulatorPage(result: SimulatorResult, dataName: string): PageContent {
  const { scenario, statistics, rates } = result;
  const { data, simulated } = statistics;
  return {
    title: 'Simulated channels beside those of the data',
    lead: `${data.samples} samples of ${dataName}, ${simulated.samples} of ${scenario}`,
    sections: [
      {
        title: 'Statistics and accuracy',
        tables: [comparisonTable(result)],
        figures: [
          {
            name: 'simulator-energy',
            caption: "Mean share of a sample's downlink energy in its first delay taps.",
            drawing: {
              kind: 'lines',
              title: 'Energy over delay',
              subtitle: `${dataName} and ${scenario}`,
              x: { title: 'First delay taps', scale: 'log', ticks: firstTaps },
              y: { title: 'Share of the energy', scale: 'linear', fromZero: true },
              markers: true,
              series: [
                { name: 'data', statistics: data },
                { name: 'simulated', statistics: simulated },
              ].map(({ name, statistics: { energyInFirstTaps } }) => ({
                name,
                line: 'solid',
                colour: 'category',
                points: energyInFirstTaps.map((y, i) => ({ x: firstTaps[i] ?? Number.NaN, y })),
              })),
            },
          },
        ],
      },
      {
        title: 'Cost',
        tables: [
          {
            header: ['one thread, 32 x 32', 'paths', 'UL/DL pairs a CPU second', 'a second'],
            rows: rates.map(({ scenario: name, paths, pairsPerCpuSecond, pairsPerSecond }) => [
              name,
              fixed(paths, 0),
              fixed(pairsPerCpuSecond, 0),
              fixed(pairsPerSecond, 0),
            ]),
          },
        ],
      },
    ],
  };
}

function comparisonTable({ statistics: { data, simulated }, models }: SimulatorResult): Table {
  const row = (name: string, of: (s: ChannelStatistics) => string) => [name, of(data), of(simulated)];
  return {
    header: ['', 'data', 'simulated'],
    rows: [
      row('UL/DL correlation of |H|', (s) => fixed(s.magnitudeCorrelation, 3)),
      row('of |Re|, |Im|', (s) => fixed(s.partsCorrelation, 3)),
      row('of H', (s) => fixed(s.complexCorrelation, 3)),
      row('energy in the first 1, 2, 4, 8, 16 taps', (s) => s.energyInFirstTaps.map((e) => fixed(e, 3)).join(' ')),
      row('entries with 90, 95, 99 % of the energy', (s) => s.entriesHolding.join(' ')),
      ...models.flatMap(({ model, nmseDb, floatMagnitudeNmseDb }) => [
        [`NMSE dB, ${model}`, fixed(nmseDb.data, 2), fixed(nmseDb.simulated, 2)],
        ['float codeword, phases known', fixed(floatMagnitudeNmseDb.data, 2), fixed(floatMagnitudeNmseDb.simulated, 2)],
      ]),
    ],
  };
}
