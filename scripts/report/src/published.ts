import type { PlotSeries } from './plot.ts';

/**
 * Published NMSE in dB by reduction on COST 2100 indoor channels: codewords as floating-point numbers and, for the schemes
 * on magnitudes, perfect phases. Samples, preprocessing and training are the authors' own.
 */
const published: readonly { readonly name: string; readonly nmseDb: Readonly<Record<number, number>> }[] = [
  { name: 'DualNet-MAG, published', nmseDb: { 4: -25.25, 8: -21.01, 16: -8.8 } },
  { name: 'CsiNet, published', nmseDb: { 4: -17.75, 8: -13.8, 16: -11.45 } },
  { name: 'CRNet, published', nmseDb: { 4: -26.99, 8: -16.01, 16: -11.35 } },
];

/** What has to stand beside the published figures wherever they are drawn. */
export const publishedCaption =
  'Grey, dotted: figures as published, of other samples of the COST 2100 indoor scenario, with floating-point codewords and ' +
  "perfect phase (DualNet-MAG and CsiNet: slides of DualNet's authors, 2020; CRNet: Lu, Wang and Song, ICC 2020). They are " +
  'there for orientation and are no comparison on equal terms.';

/** The published figures as series over the reduction. */
export const publishedSeries: readonly PlotSeries[] = published.map(({ name, nmseDb }) => ({
  name,
  line: 'solid',
  colour: 'reference',
  points: Object.entries(nmseDb).map(([reduction, y]) => ({ x: Number(reduction), y })),
}));

/** The axis that published and measured figures share. */
export const reductionAxis = { title: 'Reduction x (CR 1/x)', scale: 'log', ticks: [4, 8, 12, 16] } as const;
