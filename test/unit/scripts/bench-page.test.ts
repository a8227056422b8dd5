import { describe, expect, it } from 'vitest';
import { type BenchReport, benchPage } from '../../../scripts/src/bench/bench-page.ts';
import { linkRunPage } from '../../../scripts/src/link-run/link-run-page.ts';
import type { LinkRunReport } from '../../../scripts/src/link-run/result.ts';
import { drawFigure } from '../../../scripts/src/report/draw-figure.ts';
import type { Page } from '../../../scripts/src/report/page.ts';

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
  cluster: {
    runs: [{ ...model, ratePerSecond: 50, ues: 64, inProcess: [pathCost], overBroker: [pathCost], ingest: [] }],
  },
} as const satisfies Record<BenchReport['suite'], object>;

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

const suites = Object.keys(results) as BenchReport['suite'][];

function pageOf(suite: BenchReport['suite']): Page {
  return benchPage({ ...provenance, schema: 'edge-csi/bench@1', suite, ...results[suite] } as BenchReport);
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
      expect(drawing.y.title).toMatch(/\((dB|ms|µs|MiB|reports\/s)\)|Share|Rate by/);
    }
  });
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
