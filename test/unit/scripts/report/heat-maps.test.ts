import { expect, it } from 'vitest';
import { drawFigureFile } from '../../../../scripts/src/report/draw-figure.ts';
import { renderHeatMaps } from '../../../../scripts/src/report/heat-maps.ts';
import { darkTheme, viridis } from '../../../../scripts/src/report/palette.ts';
import { lines, maps } from './page-fixture.ts';

it('draws runs of equal level as one rectangle, and nothing at the floor or below it', () => {
  const cells = /shape-rendering="crispEdges">(.*?)<\/g>/.exec(renderHeatMaps(maps))?.[1] ?? '';
  const paths = [...cells.matchAll(/<path fill="([^"]+)" d="([^"]+)"\/>/g)].map(([, fill, d]) => [fill, d]);
  expect(paths).toEqual([
    [viridis(1 - 7 / 40), 'M1 0h2v1h-2z'],
    [viridis(1), 'M0 0h1v1h-1z'],
  ]);
});

it('titles its axes and its scale with units', () => {
  const svg = renderHeatMaps(maps);
  for (const title of [maps.x, maps.y, maps.scale, '≤ −40']) expect(svg).toContain(`>${title}</text>`);
});

it('takes viridis from dark to light', () => {
  expect([viridis(0), viridis(0.5), viridis(1)]).toEqual(['rgb(68,1,84)', 'rgb(33,145,140)', 'rgb(253,231,37)']);
  const lightness = Array.from({ length: 21 }, (_, i) => {
    const [red = 0, green = 0, blue = 0] =
      viridis(i / 20)
        .match(/\d+/g)
        ?.map(Number) ?? [];
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  });
  expect(lightness).toEqual([...lightness].sort((a, b) => a - b));
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
