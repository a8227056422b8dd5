import { describe, expect, it } from 'vitest';
import { reportStages } from '../../../scripts/cli/src/bench/latency/stages.ts';
import { type BenchSuite, benchPage, type SuiteReport } from '../../../scripts/cli/src/commands/report.ts';
import { linkRunPage } from '../../../scripts/cli/src/link-run/page.ts';
import type { LinkRunReport } from '../../../scripts/cli/src/link-run/result.ts';
import { drawFigure } from '../../../scripts/report/src/figure.ts';
import type { Page } from '../../../scripts/report/src/page.ts';

const latencyMs = { p50: 2, p99: 9, p999: 20 };
const latencyDistribution = { shares: [0.5, 0.99, 1], ms: [2, 9, 20] };
const payloadBits = { mean: 693, codeword: 215, phase: 470, scale: 8 };
const model = { model: 'dualnet-mag-m43', reduction: 12, codewordLength: 43, pruned: true };
const accuracy = { nmseDb: -17, magnitudeNmseDb: -19, sgcs: 0.98, rho: 0.99, payloadBits };
const statistics = {
  samples: 8,
  magnitudeCorrelation: 0.8,
  partsCorrelation: 0.6,
  complexCorrelation: 0,
  energyInFirstTaps: [0.4, 0.9, 0.95, 0.99, 1],
  entriesHolding: [19, 37, 118],
};
const level = (load: number) => ({
  load,
  offeredPerSecond: 1000 * load,
  achievedPerSecond: 900 * load,
  reports: 9,
  latencyMs,
  latencyDistribution,
  sendLagMs: latencyMs,
  shares: { decoded: 1, superseded: 0, late: 0, shed: 0, invalid: 0, unanswered: 0 },
  meanBatchSize: 2,
});

const cpuUs = { server: 500 };
const pathCost = {
  openLoop: { reports: 10, decoded: 9, latencyMs, cpuUs },
  saturated: { reportsPerSecond: 800, cpuUs },
};

/** What each suite writes, in small. */
const results = {
  accuracy: {
    runs: [{ ...model, ...accuracy, samples: 8, floatMagnitudeNmseDb: -21, latencyMs: { encode: latencyMs } }],
    uplinkOnly: [],
  },
  'rate-distortion': {
    samples: 8,
    curve: [{ scheme: model.model, family: 'network', bits: 318, nmseDb: -12, codewordTruncation: 1, phaseTheta: 9 }],
  },
  dense: {
    studies: [
      {
        ...model,
        samples: 8,
        floatMagnitudeNmseDb: -21,
        variants: [
          ...[32, 8].map((bitsPerWeight) => ({ bitsPerWeight, encoderBytes: 1024, magnitudeNmseDb: -20 })),
          ...[38, 32, 22, 11].map((rank) => ({ rank, bitsPerWeight: 32, encoderBytes: 512, magnitudeNmseDb: -9 })),
        ],
      },
    ],
  },
  decoder: { runs: [{ ...model, batchSize: 16, reportsPerSecond: [900, 1000], ratio: 1 }] },
  latency: {
    runs: [
      {
        ...model,
        samples: 8,
        latencyMs: { ort: latencyMs, micro: latencyMs, 'micro-float32': latencyMs },
        speedup: { ort: 1, micro: 4, 'micro-float32': 3 },
      },
    ],
  },
  server: {
    runs: [
      {
        ...model,
        ues: 64,
        batchSize: 16,
        intraOpNumThreads: 1,
        rawReportsPerSecond: [1000],
        socketReportsPerSecond: [900],
        throughputPerSecond: 900,
        fraction: 0.9,
        latencyMs,
        openLoop: { aloneMs: latencyMs, levels: [0.5, 1.2].map(level), halfLoadRatio: 1 },
        ingest: [{ uplinksAndSubscriber: true, reportsPerSecond: [4000], serverCpuUsPerReport: [] }],
      },
    ],
  },
  simulator: {
    scenario: 'umi',
    statistics: { data: statistics, simulated: statistics },
    models: [],
    rates: [{ scenario: 'umi', paths: 20, pairsPerCpuSecond: 9, pairsPerSecond: 8 }],
  },
  soak: {
    runs: [
      {
        ...model,
        ues: 8,
        seconds: 20,
        warmUpSeconds: 5,
        points: [1, 2].map((atS) => ({ atS, rssMib: 160, heapUsedMib: 15, externalMib: 9 })),
        traffic: { joins: 9, outcomes: {} },
        stats: { estimates: {}, uplinkOnly: {}, qualities: {} },
        problems: [],
      },
    ],
  },
  ageing: {
    delayMs: 4,
    runs: ['perfect CSI', model.model].map((csi) => ({
      ...{ scenario: 'umi', downlinkCarrierHz: 3.5e9, speedKmh: 3, csi, payloadBits: 693, tracks: 8 },
      byAge: [1, 2].map((ageMs) => ({ ageMs, nmseDb: -30 + 6 * ageMs, sgcs: 0.9 })),
      byPeriod: [{ periodMs: 5, nmseDb: -9, sgcs: 0.9, intervals: { nmseDb: [-10, -8], sgcs: [0.8, 1] } }],
    })),
  },
  yardstick: {
    panels: [
      {
        ...{ name: 'umi', data: 'umi', isSimulated: true, samples: 8, clusters: 2 },
        training: { data: 'umi', samples: 9 },
        curve: [60, 120].flatMap((bits) => [
          {
            scheme: 'paths',
            family: 'paths',
            bits,
            nmseDb: -bits / 10,
            sgcs: 0.9,
            subbandSgcs: bits / 130,
            bitPriceDb: -30,
          },
          { scheme: 'etype2', family: 'baseline', bits, sgcs: 0.8, subbandSgcs: bits / 200 + 0.2, combination: 1 },
        ]),
        atBits: [{ bits: 60, paths: { subbandSgcs: 0.46, nmseDb: -6 }, etype2: { subbandSgcs: 0.5 } }],
      },
    ],
  },
  moving: {
    uplinkSnrDb: 20,
    curve: (
      [
        ['paths', 0, 0],
        ['paths-hinted', 0, 3],
        ['paths-acknowledged', 0, 4],
        ['paths-acknowledged', 10, 3.5],
        ['paths-known', 0, 5],
        ['paths-known', 10, 4.5],
      ] as const
    ).flatMap(([scheme, lossPercent, gainDb]) =>
      [40, 80].map((bits) => ({
        ...{ place: 'umi', speedKmh: 3, periodMs: 20, scheme, lossPercent, bitPriceDb: -bits / 2 },
        ...{ bits, hintBits: 9, nmseDb: -bits / 10 - gainDb, reports: 8, referring: 0.9, refused: 0 },
      })),
    ),
  },
  'throughput-gain': {
    baselines: { data: 'umi', samples: 9 },
    runs: [
      ['perfect CSI', 'reference'],
      [model.model, 'network', 'topk-codebook'],
      ['topk-codebook', 'baseline'],
    ].map(([scheme, family, rival]) => ({
      ...{ scheme, family, rival, payloadBits: 693, nmseDb: -17, samples: 8, clusters: 2 },
      throughput: [1, 4].flatMap((users) =>
        [0, 10, 20].map((snrDb) => ({
          users,
          snrDb,
          spectralEfficiency: 5,
          ofPerfect: 0.9,
          gain: 0.1,
          gainInterval: [0, 0.2],
        })),
      ),
    })),
  },
  cluster: {
    runs: [{ ...model, ratePerSecond: 50, ues: 64, inProcess: [pathCost], overBroker: [pathCost], ingest: [] }],
  },
} as const satisfies Record<BenchSuite, object>;

const provenance = {
  seed: 7,
  data: 'test.npz',
  command: 'edge-csi',
  environment: { node: '20', cpu: 'AMD', cores: 2, provider: 'cpu', versions: {} },
};

const linkRun = {
  ...provenance,
  schema: 'edge-csi/link-run@1',
  samples: 8,
  periodMs: 80,
  uplinkSnrDb: null,
  encoder: 'ort',
  runs: [
    {
      ...model,
      ...accuracy,
      ues: 4,
      reportsSent: 8,
      reportsDecoded: 8,
      reportsLate: 0,
      reportsSuperseded: 0,
      reportsLost: 0,
      uplinkOnlyEstimates: 0,
      wireBytes: { mean: 99 },
      quality: { fresh: 1 },
      latencyMs: { encode: latencyMs, transport: latencyMs, queue: latencyMs, decode: latencyMs, endToEnd: latencyMs },
      throughputPerSecond: 200,
    },
  ],
} as const satisfies LinkRunReport;

const suites = Object.keys(results) as BenchSuite[];

const bench = { ...provenance, schema: 'edge-csi/bench@1' } as const;

function pageOf(suite: BenchSuite): Page {
  return benchPage({ ...bench, suite, ...results[suite] } as SuiteReport);
}

function figuresOf({ sections }: Page) {
  return sections.flatMap(({ figures = [] }) => figures);
}

describe.each(suites)('the page of suite %s', (suite) => {
  it('has tables and figures', () => {
    const { sections, title, lead } = pageOf(suite);
    expect(sections.some(({ tables = [] }) => tables.some(({ rows }) => rows.length > 0))).toBe(true);
    for (const text of [title, lead]) expect(text).not.toMatch(/undefined|NaN/);
    for (const { tables = [] } of sections) {
      for (const { header, rows } of tables) for (const row of rows) expect(row).toHaveLength(header.length);
    }
  });

  it('draws figures with titled axes', async () => {
    const figures = figuresOf(pageOf(suite));
    expect(figures.length).toBeGreaterThan(0);
    for (const figure of figures) {
      const svg = await drawFigure(figure);
      const { drawing } = figure;
      if (drawing.kind !== 'lines') continue;
      for (const { title } of [drawing.x, drawing.y]) expect(svg).toContain(title);
      expect(drawing.y.title).toMatch(/\((dB|ms|µs|MiB|reports\/s|bit\/s\/Hz)\)|Share|Rate by/);
    }
  });
});

describe('the page of accuracy', () => {
  const intervals = { nmseDb: [-18, -16], magnitudeNmseDb: [-20, -18], sgcs: [0.97, 0.99], rho: [0.98, 1] } as const;
  const [run] = results.accuracy.runs;
  const part = { ...accuracy, samples: 4, clusters: 2, intervals };
  const rowsOf = (runs: readonly object[]) => {
    const { sections } = benchPage({ ...bench, suite: 'accuracy', runs, uplinkOnly: [] } as SuiteReport);
    return { sections, rows: sections.flatMap(({ tables = [] }) => tables.flatMap(({ rows }) => rows.map(String))) };
  };

  it('says how sure its figures are, and over what', () => {
    const { sections, rows } = rowsOf([{ ...run, clusters: 2, intervals }]);
    expect(rows[0]).toContain('-17.00 [-18.00, -16.00]');
    expect(sections[0]?.text).toContain('95 % bootstrap intervals over 2 environments');
    expect(rowsOf([{ ...run, clusters: 8, intervals }]).sections[0]?.text).toContain('over 8 samples, as if');
  });

  it('has a part for a breakdown, with a row of each part', () => {
    const byDistance = { by: 'distance', bins: [{ ...part, distanceM: [1, 2.5] }] };
    expect(rowsOf([{ ...run, breakdown: byDistance }]).rows[1]).toContain(`${model.model},1.0 to 2.5 m,4,-17.00`);
    const bySnr = { by: 'snr', bins: [{ ...part, snrDb: 10 }] };
    expect(rowsOf([{ ...run, breakdown: bySnr }]).rows[1]).toContain(`${model.model},10 dB,4,-17.00`);
  });
});

it('says of the page of an interrupted run that it is one', () => {
  const report = { ...bench, suite: 'decoder', partial: true, ...results.decoder } as SuiteReport;
  expect(benchPage(report).lead).toContain('was interrupted');
  expect(pageOf('decoder').lead).not.toContain('interrupted');
});

it('shows stages and cold starts of a report where they were measured', () => {
  const [run] = results.latency.runs;
  const cold = { processMs: 9, loadMs: 1, openMs: 2, firstReportMs: 3, totalMs: 15 };
  const stages = Object.fromEntries(reportStages.map((stage) => [stage, latencyMs]));
  const coldStart = { ort: cold, micro: cold, 'micro-float32': cold };
  const runs = [{ ...run, stages, endToEnd: latencyMs, coldStart }];
  const titles = benchPage({ ...bench, suite: 'latency', runs } as SuiteReport).sections.map(({ title }) => title);
  expect(titles).toEqual(['At the UE, warm, by backend', 'From CSI to estimate, by stage', 'At the UE, cold']);
  expect(pageOf('latency').sections).toHaveLength(1);
});

it('shows path reports beside networks, a dash where they have no such thing', () => {
  const paths = { model: 'paths-indoor', reduction: null, codewordLength: null };
  const withPaths = (suite: 'decoder' | 'latency' | 'server', change: object) => {
    const [run] = results[suite].runs as readonly object[];
    const page = benchPage({ ...bench, suite, runs: [run, { ...run, ...paths, ...change }] } as SuiteReport);
    return page.sections.map(({ title, tables = [] }) => [title, tables[0]?.rows.at(-1)?.join()] as const);
  };
  expect(withPaths('decoder', {})[0]?.[1]).toContain('paths-indoor,16,');
  expect(withPaths('latency', { latencyMs: { micro: latencyMs }, speedup: {} })[0]?.[1]).toBe(
    'paths-indoor,-,-,-,2000 / 9000,-,-,-',
  );
  const ingest = withPaths('server', { ingest: [] }).find(([title]) => title === 'Ingest');
  expect(ingest?.[1]).not.toContain('paths-indoor');
});

it('has no two figures that would be one file', () => {
  const names = [linkRunPage(linkRun), ...suites.map(pageOf)].flatMap(figuresOf).map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

describe('the page of a link run', () => {
  it('marks published figures as what they are', () => {
    const [figure] = figuresOf(linkRunPage(linkRun));
    expect(figure?.caption).toContain('no comparison on equal terms');
    const series = figure?.drawing.kind === 'lines' ? figure.drawing.series : [];
    const published = series.filter(({ name }) => name.endsWith('published'));
    expect(published.map(({ colour }) => colour)).toEqual(['reference', 'reference', 'reference']);
    for (const { name } of published) expect(figure?.caption).toContain(name.split(',')[0]);
  });

  it('is made of results that have neither distributions nor examples, too', () => {
    expect(linkRunPage(linkRun).sections.map(({ title }) => title)).toEqual(['Accuracy and bits', 'Time of a report']);
  });
});
