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

it('circles a place between entries, the larger the more of it there is', () => {
  const [first] = maps.panels;
  if (first === undefined) throw new Error('the fixture has no panel');
  const markers = [
    { row: 0.5, column: 1, size: 1 },
    { row: 0, column: 0, size: 0 },
  ];
  const svg = renderHeatMaps({ ...maps, panels: [{ ...first, markers }] });
  const circles = [...svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)" r="([\d.]+)"/g)].map((found) =>
    found.slice(1).map(Number),
  );
  const [width, height] = [150 / maps.numColumns, 150 / maps.numRows];
  expect(circles).toEqual([
    [1.5 * width, height, 6.5],
    [0.5 * width, 0.5 * height, 2.5],
  ]);
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
