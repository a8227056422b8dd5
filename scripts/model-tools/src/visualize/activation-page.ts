import { readFile } from 'node:fs/promises';
import { colourMaps, escapeMarkup } from '@edge-csi/report';
import { type Figure, scaleOf } from './activation-figures.ts';
import type { ColourScaleChoice } from './choices.ts';

/** What stands above the figures. */
export interface PageHeading {
  readonly title: string;
  /** One line: model, data, command. */
  readonly facts: string;
  /** Of each sample that the figures hold, in their order. */
  readonly samples: readonly { readonly label: string; readonly note: string }[];
}

/** 16-bit code of a cell without a value; the page knows it too. */
const nothing = 65535;
/** Width on the page that smaller maps are blown up to, in cells; and of a vector, whose values stand alone. */
const mapWidth = 32;
const vectorWidth = 64;

/** A page of figures that needs no other file and no network. */
export async function renderActivationPage(
  heading: PageHeading,
  figures: readonly Figure[],
  colourScale: ColourScaleChoice,
): Promise<string> {
  const part = (name: string) => readFile(new URL(`../../page/${name}`, import.meta.url), 'utf8');
  const [style, script] = await Promise.all([part('activations.css'), part('activations.js')]);
  const numSamples = heading.samples.length;
  const data = {
    samples: heading.samples,
    colourScale,
    colours: colourMaps,
    figures: figures.map((figure) => pageFigure(figure, numSamples)),
  };
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeMarkup(heading.title)}</title>
<style>
${style}</style>
</head>
<body>
<header>
<h1>${escapeMarkup(heading.title)}</h1>
<p class="facts">${escapeMarkup(heading.facts)}</p>
</header>
<nav><div>
<label class="sample">sample <select id="sample"></select></label>
<span id="note"></span>
<label>size <input id="zoom" type="range" min="2" max="10" value="3"></label>
<label><input id="root" type="checkbox"> square-root colours</label>
<label><input id="own" type="checkbox"> a scale for each map</label>
<span id="sections"></span>
</div></nav>
<main id="figures"></main>
<dialog id="dialog" aria-labelledby="large-title">
<header><b id="large-title"></b><span id="large-value"></span><button id="save" type="button">Save as PNG</button><button id="close" type="button">Close</button></header>
<canvas id="large"></canvas>
<p id="axes"></p>
</dialog>
<div id="tip" role="status"></div>
<script type="application/json" id="data">${JSON.stringify(data).replaceAll('<', '\\u003c')}</script>
<script>
${script}</script>
</body>
</html>
`;
}

/** A figure as the page's script reads it: values of each sample as 16-bit codes between minimum and maximum. */
function pageFigure(figure: Figure, numSamples: number) {
  const scale = scaleOf(figure);
  const { id, section, title, caption, axes, maps } = figure;
  const offsets = maps.map((_, i) => maps.slice(0, i).reduce((sum, { height, width }) => sum + height * width, 0));
  const widest = Math.max(...maps.map(({ width }) => width));
  return {
    ...{ id, section, title, caption, axes },
    ...scale,
    zoom: Math.max(1, Math.floor((axes[0] === 'row' ? vectorWidth : mapWidth) / widest)),
    maps: maps.map(({ label, height, width }, i) => ({ label, height, width, at: offsets[i] })),
    codes: Array.from({ length: numSamples }, (_, sample) =>
      codesOf(
        maps.flatMap(({ values }) => values[sample] ?? []),
        scale,
      ),
    ),
  };
}

function codesOf(maps: readonly Float32Array[], { min, max }: { readonly min: number; readonly max: number }): string {
  const codes = maps.map((values) =>
    Uint16Array.from(values, (value) =>
      Number.isFinite(value) ? Math.round(((value - min) / (max - min)) * (nothing - 1)) : nothing,
    ),
  );
  return Buffer.concat(codes.map(({ buffer }) => new Uint8Array(buffer))).toString('base64');
}
