import type { HeatMaps } from '../../../../scripts/report/src/heat-maps.ts';
import type { Page } from '../../../../scripts/report/src/page.ts';
import type { LinePlot } from '../../../../scripts/report/src/plot.ts';

/** What a data file or a model could be called to break out of a page. */
export const hostile = `</title><script src="https://evil.example/x.js"></script>"'&|`;

export const lines: LinePlot = {
  kind: 'lines',
  title: `lines ${hostile}`,
  subtitle: hostile,
  x: { title: 'Load (reports/s)', scale: 'linear' },
  y: { title: 'Latency (ms)', scale: 'log' },
  markers: true,
  series: [{ name: hostile, line: 'solid', colour: 'category', points: [1, 2].map((x) => ({ x, y: 10 * x })) }],
};

/** Four entries: at the peak, at -7 dB twice side by side, below the floor. */
export const maps: HeatMaps = {
  kind: 'heat-maps',
  title: `maps ${hostile}`,
  subtitle: hostile,
  numRows: 2,
  numColumns: 3,
  x: 'Delay (taps of 50 ns)',
  y: 'Angle (bin)',
  scale: 'Magnitude (dB re. peak)',
  panels: [{ title: hostile, note: 'NMSE -3.0 dB', levelsDb: Int8Array.of(0, -7, -7, -90, -41, -40) }],
  panelsPerLine: 1,
};

/** A page with every kind of content, all of whose texts are hostile. */
export const page: Page = {
  title: hostile,
  lead: hostile,
  provenance: {
    seed: 7,
    data: hostile,
    command: `edge-csi bench --data '${hostile}'`,
    startedAt: '2026-01-02T03:04:05.000Z',
    loadAverage: 1.25,
    environment: { node: '20', cpu: hostile, cores: 2, provider: 'cpu', versions: { 'onnxruntime-node': hostile } },
  },
  sections: [
    { title: 'words', tables: [{ header: ['', 'traffic', 'rate'], rows: [['a', 'some', '-1.5 dB']] }] },
    {
      title: hostile,
      text: hostile,
      tables: [{ header: ['model', hostile], rows: [[hostile, hostile]] }],
      figures: [
        { name: 'lines', caption: hostile, drawing: lines },
        { name: 'maps', caption: 'second', drawing: maps },
      ],
    },
  ],
};
