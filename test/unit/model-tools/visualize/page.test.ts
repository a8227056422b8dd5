import { crc32, inflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { type Figure, scaleOf } from '../../../../scripts/model-tools/src/visualize/activation-figures.ts';
import { renderActivationPage } from '../../../../scripts/model-tools/src/visualize/activation-page.ts';
import { encodePng, renderFigureSvg } from '../../../../scripts/model-tools/src/visualize/figure-svg.ts';
import { colourMaps, palette } from '../../../../scripts/report/src/colours.ts';

const figure: Figure = {
  ...{
    id: 'decoder-conv',
    section: 'decoder',
    title: 'conv <1>',
    caption: 'Conv, 2 × 1 × 2',
    axes: ['angle', 'delay'],
  },
  maps: [
    { label: 'channel 0', height: 1, width: 2, values: [Float32Array.of(-2, 1), Float32Array.of(0, 0.5)] },
    { label: 'channel 1', height: 1, width: 2, values: [Float32Array.of(1, Number.NaN), Float32Array.of(-1, 0)] },
  ],
};
const heading = {
  title: 'Activations of </script><script>',
  facts: 'data & "command"',
  samples: [
    { label: '0', note: 'NMSE -1 dB' },
    { label: '7', note: 'NMSE -2 dB' },
  ],
};

/** What the page's script reads. */
function dataOf(page: string) {
  const json = /<script type="application\/json" id="data">(.*?)<\/script>/.exec(page)?.[1];
  return JSON.parse(json ?? '');
}

describe('colour scales', () => {
  test('are of all maps and samples of a figure, with 0 in the middle where there are both signs', () => {
    expect(scaleOf(figure)).toEqual({ min: -2, max: 2, diverging: true });
    const positive = { ...figure, maps: [{ ...figure.maps[0], values: [Float32Array.of(0.5, 0.75)] }] } as Figure;
    expect(scaleOf(positive)).toEqual({ min: 0.5, max: 0.75, diverging: false });
  });

  test('of a figure of one value, or of none, have a width', () => {
    const of = (value: number) =>
      scaleOf({ ...figure, maps: [{ label: '', height: 1, width: 1, values: [Float32Array.of(value)] }] });
    expect(of(3)).toEqual({ min: 3, max: 4, diverging: false });
    expect(of(Number.NaN)).toEqual({ min: 0, max: 1, diverging: false });
  });

  test('run from the first colour to the last', () => {
    const colours = palette(colourMaps.diverging, 255);
    expect([...colours.subarray(0, 3)]).toEqual([0x21, 0x66, 0xac]);
    expect([...colours.subarray(3 * 127, 3 * 128)]).toEqual([0xf7, 0xf7, 0xf7]);
    expect([...colours.subarray(-3)]).toEqual([0xb2, 0x18, 0x2b]);
  });
});

describe('the page', () => {
  test('holds every value of every sample to a 65,000th of the scale', async () => {
    const [shown] = dataOf(await renderActivationPage(heading, [figure], 'linear')).figures;
    for (const sample of [0, 1]) {
      const codes = new Uint16Array(Uint8Array.from(Buffer.from(shown.codes[sample], 'base64')).buffer);
      const values = figure.maps.flatMap((map) => [...(map.values[sample] ?? [])]);
      for (const [i, value] of values.entries()) {
        if (Number.isNaN(value)) expect(codes[i]).toBe(65535);
        else expect(shown.min + ((codes[i] as number) / 65534) * (shown.max - shown.min)).toBeCloseTo(value, 4);
      }
    }
    expect(shown.maps.map(({ at }: { at: number }) => at)).toEqual([0, 2]);
  });

  test('needs nothing else, and nothing in it ends its script', async () => {
    const page = await renderActivationPage(heading, [figure], 'sqrt');
    expect(page).not.toMatch(/https?:\/\/|\bsrc=|<link|@import|url\(/);
    expect(page.match(/<\/script>/g)).toHaveLength(2);
    expect(page).toContain('<h1>Activations of &lt;/script&gt;&lt;script&gt;</h1>');
    const { figures, samples, colourScale } = dataOf(page);
    expect(figures[0].title).toBe('conv <1>');
    expect(samples).toEqual(heading.samples);
    expect(colourScale).toBe('sqrt');
  });
});

/** Chunks of a PNG file by type, their checksums checked. */
function chunksOf(png: Uint8Array): Map<string, Buffer> {
  const bytes = Buffer.from(png);
  const chunks = new Map<string, Buffer>();
  for (let at = 8; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    const body = bytes.subarray(at + 4, at + 8 + length);
    expect(bytes.readUInt32BE(at + 8 + length)).toBe(crc32(body));
    chunks.set(body.subarray(0, 4).toString('latin1'), body.subarray(4));
    at += length + 12;
  }
  return chunks;
}

describe('pictures', () => {
  test('a PNG holds its pixels and palette', () => {
    const pixels = Uint8Array.of(0, 1, 2, 2, 1, 0);
    const chunks = chunksOf(encodePng({ width: 3, height: 2, pixels, palette: Uint8Array.of(1, 2, 3, 4, 5, 6) }));
    expect([...chunks.keys()]).toEqual(['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND']);
    expect([...(chunks.get('PLTE') ?? [])]).toEqual([0, 0, 0, 1, 2, 3, 4, 5, 6]);
    expect([...inflateSync(chunks.get('IDAT') ?? Buffer.of())]).toEqual([0, 0, 1, 2, 0, 2, 1, 0]);
  });

  test('an SVG draws the maps of its sample in the colours of the scale', () => {
    const svg = renderFigureSvg(figure, 0, 'linear');
    expect(svg).toContain('conv &lt;1&gt;');
    const images = [...svg.matchAll(/base64,([\w+/=]+)"\/><text/g)].map((match) => match[1] as string);
    const rows = images.map((image) => [...inflateSync(chunksOf(Buffer.from(image, 'base64')).get('IDAT') as Buffer)]);
    // Colour 1 is the lowest of 255, 128 the middle; 0 is nothing.
    expect(rows).toEqual([
      [0, 1, 192],
      [0, 192, 0],
    ]);
    const root = renderFigureSvg(figure, 0, 'sqrt');
    expect(root).not.toBe(svg);
  });
});
