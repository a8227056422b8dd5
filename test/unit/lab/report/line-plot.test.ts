import { expect, it } from 'vitest';
import { rateDistortionJson, rateDistortionPage } from '../../../../scripts/cli/src/bench/rate-distortion/page.ts';
import type { RatePoint } from '../../../../scripts/lab/src/schemes/scheme.ts';
import { renderLinePlot, tableOfLinePlot } from '../../../../scripts/report/src/line-plot.ts';
import type { LinePlot } from '../../../../scripts/report/src/plot.ts';

const curve = (scheme: string, family: RatePoint['family'], offset: number): RatePoint[] =>
  [100, 400, 1600].map((bits) => ({ scheme, family, bits, nmseDb: offset - bits / 100, setting: {} }));

const plot: LinePlot = {
  kind: 'lines',
  title: 'Latency',
  subtitle: 'a & <b>',
  x: { title: 'Load (reports/s)', scale: 'linear' },
  y: { title: 'Latency (ms)', scale: 'log' },
  markers: true,
  series: [
    {
      name: 'measured <here>',
      line: 'solid',
      colour: 'ordered',
      points: [
        { x: 1, y: 3 },
        { x: 2, y: Number.NaN },
        { x: 4, y: 70.12345 },
      ],
    },
    { name: 'elsewhere', line: 'solid', colour: 'reference', points: [{ x: 2, y: 5 }] },
  ],
};

it('draws every scheme of a rate-distortion result, named, under titled axes', async () => {
  const result = {
    samples: 64,
    curve: [...curve('topk-codebook', 'baseline', -4), ...curve('dualnet-mag-m43', 'network', -6)],
  };
  const { sections } = rateDistortionPage(rateDistortionJson(result), 'test.npz');
  const drawing = sections[0]?.figures?.[0]?.drawing as LinePlot;
  const svg = await renderLinePlot(drawing);
  expect(svg).toMatch(/^<svg [^>]*width="\d+" height="\d+"/);
  for (const text of ['topk-codebook', 'dualnet-mag-m43', 'Mean bits of a report', '64 samples of test.npz']) {
    expect(svg).toContain(text);
  }
  expect(svg).toContain('NMSE (dB)');
  for (const tick of ['100', '200', '350', '500', '700', '1000']) expect(svg).toContain(`>${tick}</text>`);
  // Two lines of three points: the classical scheme dashed, the network not.
  const lines = [...svg.matchAll(/<path d="M[^"]*L[^"]*" stroke="(#\w+)"[^>]*stroke-dasharray="([^"]*)"/g)];
  expect(lines.map(([, , dash]) => dash).sort()).toEqual(['1,0', '5,3']);
  expect(new Set(lines.map(([, colour]) => colour)).size).toBe(2);
});

it('names the numbers of a logarithmic axis by decade, escapes names and leaves out what is not finite', async () => {
  const svg = await renderLinePlot(plot);
  for (const tick of ['5', '10', '20', '50']) expect(svg).toMatch(new RegExp(`>${tick}</text>`));
  expect(svg).toContain('measured &lt;here&gt;');
  expect(svg).toContain('a &amp; &lt;b&gt;');
  expect(svg).not.toContain('NaN');
});

it('is drawn where a logarithmic axis has a zero, as a result that was edited may have', async () => {
  const [first] = plot.series as [LinePlot['series'][number]];
  const svg = await renderLinePlot({
    ...plot,
    series: [
      {
        ...first,
        points: [
          { x: 1, y: 0 },
          { x: 2, y: 7 },
        ],
      },
    ],
  });
  expect(svg).toContain('Latency (ms)');
});

it('has its numbers as a table, a row for every x', () => {
  expect(tableOfLinePlot(plot)).toEqual({
    header: ['Load (reports/s)', 'measured <here>', 'elsewhere'],
    rows: [
      ['1', '3', ''],
      ['2', '', '5'],
      ['4', '70.12', ''],
    ],
  });
});

it('gives series of one group one colour, whatever their dash', async () => {
  const points = [1, 2].map((x) => ({ x, y: x }));
  const of = (name: string, group: string, line: 'solid' | 'dashed') =>
    ({ name, group, line, colour: 'category', points }) as const;
  const series = [of('a p50', 'a', 'solid'), of('b p50', 'b', 'solid'), of('a p99', 'a', 'dashed')];
  const svg = await renderLinePlot({ ...plot, markers: false, series });
  const strokes = [...svg.matchAll(/<path d="M[^"]*L[^"]*" stroke="(#\w+)"[^>]*stroke-dasharray/g)].map(([, c]) => c);
  expect(strokes.slice(0, 3)).toHaveLength(3);
  expect(new Set(strokes).size).toBe(2);
});

it('tells eight ordered series apart', async () => {
  const points = [1, 2].map((x) => ({ x, y: x }));
  const series = Array.from(
    { length: 8 },
    (_, i) => ({ name: `${i}`, line: 'solid', colour: 'ordered', points }) as const,
  );
  const svg = await renderLinePlot({ ...plot, markers: false, series });
  const strokes = [...svg.matchAll(/<path d="M[^"]*L[^"]*" stroke="(#\w+)"[^>]*stroke-dasharray/g)].map(([, c]) => c);
  expect(new Set(strokes).size).toBe(8);
});
