import { type AngularDelayCsi, nmseDb as nmseDbOf, type PathsSpec, squaredErrorRatio } from '@edge-csi/csi';
import { createPathCodec, markPaths, type PathRate, type PropagationPath, stillSpecOf } from '@edge-csi/csi/paths';
import { fixed, type HeatMapPanel, type HeatMaps, type PageContent } from '@edge-csi/report';

/** What a report of one channel says, whole and cut short: strongest path first, any number of whole paths decodes. */
export interface PathReportTrace {
  readonly truth: AngularDelayCsi;
  readonly bits: number;
  readonly nmseDb: number;
  /** Strongest first. */
  readonly paths: readonly PropagationPath[];
  /** Of the first 0, 1, 2 .. paths: their bits, and what the BS estimates from them. */
  readonly prefixes: readonly { readonly bits: number; readonly nmseDb: number; readonly estimate: Float32Array }[];
}

/**
 * Makes a path report of one channel and decodes every prefix of it.
 *
 * @param spec of a path model
 * @throws CsiError `csi-invalid` where the channel is zero, not finite or of another shape
 *
 * @example
 * const trace = tracePathReport(bundle.codec, csi, { mode: 'cap', maxBits: 200 });
 * const page = pathReportPage(trace, bundle.codec.codec.antennas, 'sample 12');
 */
export function tracePathReport(spec: PathsSpec, truth: AngularDelayCsi, rate: PathRate): PathReportTrace {
  const codec = createPathCodec(stillSpecOf(spec.codec));
  const { payload, bits } = codec.encode(truth, rate);
  const paths = codec.decodePaths(payload, bits);
  const prefixes = Array.from({ length: paths.length + 1 }, (_, count) => {
    const estimate = new Float32Array(truth.values.length);
    codec.reconstructInto(estimate, paths.slice(0, count));
    const nmseDb = nmseDbOf([squaredErrorRatio(truth, { ...truth, values: estimate })]);
    return { bits: codec.keepStrongest(payload, count).bits, nmseDb, estimate };
  });
  return { truth, bits, nmseDb: prefixes[paths.length]?.nmseDb ?? 0, paths, prefixes };
}

/** Numbers of paths after which the page shows what is left. */
const shownCounts = [1, 2, 4, 8, 16, 32];

/** Shows the paths over the matrix, the estimate with its error, and what is left after so many paths. */
export function pathReportPage(
  { truth, bits, nmseDb, paths, prefixes }: PathReportTrace,
  array: readonly [number, number],
  title: string,
): PageContent {
  const peak = Math.max(...magnitudes(truth.values));
  const panel = (name: string, note: string, values: Float32Array): HeatMapPanel => ({
    title: name,
    note,
    levelsDb: magnitudes(values).map((magnitude) => 20 * Math.log10(magnitude / peak)),
  });
  const maps = (name: string, subtitle: string, panels: readonly HeatMapPanel[]): HeatMaps => ({
    kind: 'heat-maps',
    title: name,
    subtitle,
    ...{ numRows: truth.numAntennas, numColumns: truth.numDelays, x: 'delay, samples', y: 'angle, bins' },
    scale: 'dB of the strongest entry',
    panels,
    panelsPerLine: 3,
  });
  const after = (count: number) => {
    const { estimate = new Float32Array(truth.values.length), nmseDb = 0, bits = 0 } = prefixes[count] ?? {};
    const error = truth.values.map((value, i) => value - (estimate[i] as number));
    return { estimate, error, bits, nmse: `${fixed(nmseDb, 1)} dB` };
  };
  const whole = after(paths.length);
  const markers = markPaths(paths, array);
  const counts = shownCounts.filter((count) => count <= paths.length);
  const numNumbers = (2 * truth.numAntennas * truth.numDelays).toLocaleString('en');
  return {
    title: `Path report: ${title}`,
    lead: `${paths.length} paths in ${bits} bits give an estimate of ${fixed(nmseDb, 1)} dB NMSE.`,
    sections: [
      {
        title: 'The channel, its paths, the estimate',
        figures: [
          {
            name: 'path-report',
            caption: `${title}: the channel with the reported paths, the estimate of the BS, and its error. A circle is a path; the stronger, the larger.`,
            drawing: maps(
              `${numNumbers} numbers, ${paths.length} paths, ${bits} bits`,
              'A path lies between the bins and leaks into dozens of them; its angle, delay and complex gain say it all.',
              [
                { ...panel('Channel', `${paths.length} paths`, truth.values), markers },
                panel('Estimate of the BS', `from ${bits} bits`, whole.estimate),
                panel('Error', `NMSE ${whole.nmse}`, whole.error),
              ],
            ),
          },
        ],
      },
      {
        title: 'Path by path',
        text: 'A report names its strongest path first, and any number of whole paths decodes.',
        tables: [
          {
            header: ['paths', 'bits', 'NMSE dB', 'angle, bins', 'delay, samples', 'amplitude, dB of the first'],
            rows: markers.map(({ row, column, size }, k) => {
              const { bits, nmse } = after(k + 1);
              const place = [row, column, 20 * Math.log10(size)].map((value) => fixed(value, 2));
              return [`${k + 1}`, `${bits}`, nmse.replace(' dB', ''), ...place];
            }),
          },
        ],
        figures: [
          {
            name: 'path-report-residual',
            caption: `${title}: what is left of the channel after the strongest paths.`,
            drawing: maps(
              'What is left after the strongest paths',
              `The report of ${bits} bits, cut short`,
              counts.map((count) => {
                const { error, bits, nmse } = after(count);
                return panel(count === 1 ? 'after 1 path' : `after ${count} paths`, `${bits} bits, ${nmse}`, error);
              }),
            ),
          },
        ],
      },
    ],
  };
}

function magnitudes(values: Float32Array): Float32Array {
  const numEntries = values.length / 2;
  return new Float32Array(numEntries).map((_, i) => Math.hypot(values[i] as number, values[numEntries + i] as number));
}
