import { expect, it } from 'vitest';
import type { RatePoint } from '../../../scripts/src/bench/rate-distortion.ts';
import { rateDistortionPlot } from '../../../scripts/src/bench/rate-distortion-report.ts';
import { renderLinePlot } from '../../../scripts/src/line-plot.ts';

const curve = (scheme: string, family: RatePoint['family'], offset: number): RatePoint[] =>
  [100, 400, 1600].map((bits) => ({ scheme, family, bits, nmseDb: offset - bits / 100, setting: {} }));

it('draws every scheme of a rate-distortion result, named, under titled axes', async () => {
  const result = {
    samples: 64,
    curve: [...curve('topk-codebook', 'baseline', -4), ...curve('dualnet-mag-m43', 'network', -6)],
  };
  const svg = await renderLinePlot(rateDistortionPlot(result, 'test.npz'));
  expect(svg).toMatch(/^<svg [^>]*width="\d+" height="\d+"/);
  for (const text of ['topk-codebook', 'dualnet-mag-m43', 'Mean bits of a report', '64 samples of test.npz']) {
    expect(svg).toContain(text);
  }
  expect(svg).toContain('NMSE (dB)');
  // Three points a scheme and one in the legend.
  expect(svg.match(/aria-roledescription="point"/g)).toHaveLength(6);
  const dashes = svg.match(/aria-roledescription="line mark"[^>]*stroke-dasharray="[^"]*"/g) ?? [];
  expect(dashes).toHaveLength(2);
  expect(new Set(dashes.map((mark) => /dasharray="([^"]*)"/.exec(mark)?.[1])).size).toBe(2);
});
