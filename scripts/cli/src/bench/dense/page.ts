import type { DenseStudy, DenseVariant, FloatRow } from '@edge-csi/lab';
import { fixed, type LinePlot, type PageContent, type Table } from '@edge-csi/report';

/** What the suite measures. */
export interface DenseResult {
  readonly studies: readonly DenseStudy[];
  /** Absent where there was no file to fit them on. */
  readonly linear?: readonly FloatRow[] | undefined;
}

/** Loss that counts as none, in dB. */
const freeLossDb = 0.1;

/** The study as a page. */
export function densePage({ studies, linear }: DenseResult, data: string): PageContent {
  return {
    title: 'How small may the Dense layer be?',
    lead:
      'The encoder of a pruned model is one Dense layer; the full one adds a 3 x 3 convolution in front of it. ' +
      `Measured on ${studies[0]?.samples ?? 0} samples of ${data}: NMSE of |H| at the decoder's output, phases known; ` +
      'no variant was retrained.',
    sections: [
      { title: 'In short', text: recommendation(studies) },
      {
        title: 'Codeword length',
        tables: [lengthTable(studies, linear)],
        figures: [
          {
            name: 'dense-study',
            caption:
              'Float: codewords as the encoder makes them; quantised: as they are sent.' +
              (linear === undefined ? '' : ' Dashed: linear schemes, fitted on other data than they are measured on.'),
            drawing: lengthPlot(studies, linear),
          },
        ],
      },
      {
        title: 'Bits per weight',
        text: 'Codeword quantised; symmetric, one scale per output.',
        tables: [bitsTable(studies)],
        figures: [
          {
            name: 'dense-bits',
            caption: 'Bits of a weight in the encoder; 32 is as trained.',
            drawing: bitsPlot(studies),
          },
        ],
      },
      {
        title: 'Rank',
        text: 'Codeword quantised; W cut to its leading singular values, two factors instead of one matrix.',
        tables: [rankTable(studies)],
      },
    ],
  };
}

/** NMSE against codeword length: networks solid, linear schemes dashed. */
function lengthPlot(studies: readonly DenseStudy[], linear: readonly FloatRow[] | undefined): LinePlot {
  const points = (values: readonly (readonly [number, number])[]) => values.map(([x, y]) => ({ x, y }));
  const quantized = studies.map((study) => [study.codewordLength, asTrained(study).magnitudeNmseDb] as const);
  const float = studies.map((study) => [study.codewordLength, study.floatMagnitudeNmseDb] as const);
  return {
    kind: 'lines',
    title: 'Accuracy against codeword length',
    subtitle: 'Magnitude, phases known',
    x: { title: 'Codeword length M', scale: 'log', ticks: [4, 8, 16, 43, 64, 128, 256, 384] },
    y: { title: 'NMSE of |H| (dB), lower is better', scale: 'linear' },
    markers: true,
    series: [
      { name: 'network, float codeword', line: 'solid', colour: 'ordered', points: points(float) },
      { name: 'network, quantised codeword', line: 'solid', colour: 'ordered', points: points(quantized) },
      ...(linear === undefined
        ? []
        : (
            [
              ['linear with uplink, float', 'rrrNmseDb'],
              ['PCA, float', 'pcaNmseDb'],
            ] as const
          ).map(([name, field]) => ({
            name,
            line: 'dashed' as const,
            colour: 'category' as const,
            points: points(linear.map((row) => [row.codewordLength, row[field]] as const)),
          }))),
    ],
  };
}

function bitsPlot(studies: readonly DenseStudy[]): LinePlot {
  return {
    kind: 'lines',
    title: 'Accuracy against bits of a weight',
    subtitle: 'Magnitude, phases known, codeword quantised',
    x: { title: 'Bits of a weight', scale: 'log', ticks: [2, 3, 4, 5, 6, 8, 16, 32] },
    y: { title: 'NMSE of |H| (dB), lower is better', scale: 'linear' },
    markers: true,
    series: studies.map((study) => ({
      name: `M = ${study.codewordLength}`,
      line: 'solid',
      colour: 'ordered',
      points: [...rounded(study), asTrained(study)]
        .map(({ bitsPerWeight, magnitudeNmseDb }) => ({ x: bitsPerWeight, y: magnitudeNmseDb }))
        .sort((a, b) => a.x - b.x),
    })),
  };
}

function asTrained({ variants }: DenseStudy): DenseVariant {
  return variants.find(({ rank, bitsPerWeight }) => rank === undefined && bitsPerWeight === 32) as DenseVariant;
}

function rounded({ variants }: DenseStudy): DenseVariant[] {
  return variants.filter(({ rank, bitsPerWeight }) => rank === undefined && bitsPerWeight < 32);
}

function recommendation(studies: readonly DenseStudy[]): string {
  const most = Math.max(...studies.flatMap((study) => rounded(study).map(({ bitsPerWeight }) => bitsPerWeight)));
  const loss = (study: DenseStudy) => {
    const variant = rounded(study).find(({ bitsPerWeight }) => bitsPerWeight === most) as DenseVariant;
    return variant.magnitudeNmseDb - asTrained(study).magnitudeNmseDb;
  };
  const free = studies.filter((study) => loss(study) <= freeLossDb).map(({ codewordLength }) => codewordLength);
  const rank = shorterBeatsLowRank(studies)
    ? 'shorten the codeword rather than lower its rank, which costs more at every length measured'
    : 'compare a lower rank with a shorter codeword, which does not always do better';
  return (
    `Store weights in ${most} bits, which costs at most ${freeLossDb} dB at codeword lengths ${free.join(', ') || 'none'}, ` +
    `and ${rank}.`
  );
}

/** Whether each model's low-rank variants of at least the next shorter codeword's length do worse than that codeword. */
function shorterBeatsLowRank(studies: readonly DenseStudy[]): boolean {
  return studies.every((study, i) => {
    const shorter = studies[i - 1];
    if (shorter === undefined) return true;
    const { codewordLength } = shorter;
    const limit = asTrained(shorter).magnitudeNmseDb;
    return study.variants.every(
      ({ rank, magnitudeNmseDb }) =>
        rank === undefined || rank === study.codewordLength || rank < codewordLength || magnitudeNmseDb > limit,
    );
  });
}

function lengthTable(studies: readonly DenseStudy[], linear: readonly FloatRow[] = []): Table {
  const lengths = [...new Set([...studies, ...linear].map(({ codewordLength }) => codewordLength))].sort(
    (a, b) => a - b,
  );
  const rows = lengths.map((length) => {
    const study = studies.find(({ codewordLength }) => codewordLength === length);
    const row = linear.find(({ codewordLength }) => codewordLength === length);
    const kib = study && (asTrained(study).encoderBytes / 1024).toFixed(0);
    const quantized = study && asTrained(study).magnitudeNmseDb;
    return [
      String(length),
      kib ?? '-',
      ...[study?.floatMagnitudeNmseDb, quantized, row?.rrrNmseDb, row?.pcaNmseDb].map(db),
    ];
  });
  const header = [
    'M',
    'encoder KiB, fp32',
    'network, float codeword',
    'network, quantised',
    'linear with uplink, float',
    'PCA, float',
  ];
  return { header, rows };
}

function bitsTable(studies: readonly DenseStudy[]): Table {
  const bits = rounded(studies[0] as DenseStudy).map(({ bitsPerWeight }) => bitsPerWeight);
  const rows = studies.map((study) => [
    String(study.codewordLength),
    db(asTrained(study).magnitudeNmseDb),
    ...rounded(study).map(
      ({ magnitudeNmseDb, encoderBytes }) => `${db(magnitudeNmseDb)} (${(encoderBytes / 1024).toFixed(0)} KiB)`,
    ),
  ]);
  return { header: ['M', 'fp32', ...bits.map((count) => `${count} bits`)], rows };
}

function rankTable(studies: readonly DenseStudy[]): Table {
  const rows = studies.map((study) => [
    String(study.codewordLength),
    db(asTrained(study).magnitudeNmseDb),
    ...study.variants
      .filter(({ rank }) => rank !== undefined)
      .map(({ rank, magnitudeNmseDb }) => `${db(magnitudeNmseDb)} (rank ${rank})`),
  ]);
  return { header: ['M', 'full rank', '7/8', '3/4', '1/2', '1/4'], rows };
}

function db(value: number | undefined): string {
  return value === undefined ? '-' : `${fixed(value, 2)} dB`;
}
