import { renderTable } from '@edge-csi/report/text-table';
import type { Ablation, AblationRun } from './ablation.ts';
import type { LayerStatistics } from './layer-statistics.ts';
import { type Saving, savings } from './visualize-options.ts';

/** Table of layers for a terminal. */
export function renderStatistics(layers: readonly LayerStatistics[]): string {
  const header = ['network', 'layer', 'type', 'shape', 'mean', 'variance', 'sparsity %', 'dead', 'constant', 'rank'];
  return renderTable(
    header,
    layers.map((layer) => {
      const count = (state: string) => layer.channels.filter((channel) => channel.state === state).length;
      return [
        layer.network,
        layer.layer,
        layer.type,
        layer.shape.join(' x '),
        layer.mean.toPrecision(3),
        layer.variance.toPrecision(3),
        (100 * layer.sparsity).toFixed(1),
        `${count('dead')} of ${layer.channels.length}`,
        `${count('constant')} of ${layer.channels.length}`,
        `${layer.effectiveRank.toFixed(1)} of ${layer.fullRank}`,
      ];
    }),
  );
}

/** Column of the ratio: its title, and how many of what is saved it is per. */
const ratios = {
  macs: { title: 'dB per M MAC', per: 1e6 },
  parameters: { title: 'dB per k parameters', per: 1e3 },
  bytes: { title: 'dB per kB', per: 1e3 },
} as const satisfies Record<Saving, unknown>;

/** Ablations by NMSE lost for each of what is saved, least first; those that save none of it last. */
export function rankAblations(ablations: readonly Ablation[], by: Saving): Ablation[] {
  const ratio = ({ lostDb, saved }: Ablation) => (saved[by] > 0 ? lostDb / saved[by] : Number.POSITIVE_INFINITY);
  // Equal infinities have no difference.
  return [...ablations].sort((a, b) => (ratio(a) === ratio(b) ? a.lostDb - b.lostDb : ratio(a) - ratio(b)));
}

/** Table of the first `top` ablations for a terminal. */
export function renderAblations({ ablations, nmseDb, samples }: AblationRun, by: Saving, top: number): string {
  const { title, per } = ratios[by];
  const ranked = rankAblations(ablations, by);
  const rows = ranked
    .slice(0, top)
    .map(({ network, name, how, nmseDb: left, lostDb, saved }) => [
      network,
      name,
      how,
      left.toFixed(2),
      lostDb.toFixed(3),
      ...savings.map((saving) => saved[saving].toLocaleString('en')),
      saved[by] > 0 ? ((lostDb * per) / saved[by]).toPrecision(3) : '-',
    ]);
  const header = ['network', 'left out', 'how', 'NMSE dB', 'lost dB', 'MACs saved', 'parameters', 'bytes', title];
  const rest = ranked.length > top ? `\n${ranked.length - top} more: raise --top, or --json for all.` : '';
  return `Whole model: ${nmseDb.toFixed(2)} dB over ${samples} samples.\n\n${renderTable(header, rows)}${rest}`;
}
