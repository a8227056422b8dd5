import { expect, it } from 'vitest';
import { darkTheme } from '../../../../scripts/report/src/colours.ts';
import { drawFigureFile } from '../../../../scripts/report/src/figure.ts';
import { renderHeatMaps } from '../../../../scripts/report/src/heat-maps.ts';
import { lines, maps } from './page-fixture.ts';

it('draws runs of equal level as one rectangle, and nothing at the floor or below it', () => {
  const cells = /shape-rendering="crispEdges">(.*?)<\/g>/.exec(renderHeatMaps(maps))?.[1] ?? '';
  const paths = [...cells.matchAll(/<path fill="([^"]+)" d="([^"]+)"\/>/g)].map(([, fill, d]) => [fill, d]);
  expect(paths).toEqual([
    ['rgb(141,212,68)', 'M1 0h2v1h-2z'],
    ['rgb(253,231,37)', 'M0 0h1v1h-1z'],
  ]);
});

it('titles its axes and its scale with units', () => {
  const svg = renderHeatMaps(maps);
  for (const title of [maps.x, maps.y, maps.scale, '≤ −40']) expect(svg).toContain(`>${title}</text>`);
});

it.each([
  ['lines', lines],
  ['heat maps', maps],
])('leaves no text or line of %s in a colour without a dark counterpart', async (_name, drawing) => {
  const svg = await drawFigureFile({ name: 'figure', caption: '', drawing });
  const theme = darkTheme();
  const own = svg.slice(svg.indexOf('</style>'));
  for (const [, paint, colour] of own.matchAll(/(fill|stroke)="(#[^"]+|[a-z]+)"/g)) {
    if (colour === 'none' || colour === 'transparent') continue;
    expect(theme).toContain(`[${paint}="${colour}"]`);
  }
});
