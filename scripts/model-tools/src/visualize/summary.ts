import { renderTable } from '@edge-csi/report';
import { decodeModel } from '../onnx/schema.ts';
import { costOf, isCounted, type LayerCost, sumOf, totalCost } from './layer-cost.ts';
import { layersOf } from './layers.ts';
import { type Network, shapesOf } from './network.ts';

/** One layer of a summary. */
interface SummaryRow extends LayerCost {
  readonly layer: string;
  readonly type: string;
  /** Without the batch. */
  readonly outputShape: readonly number[];
  /** Of the whole model's parameters. */
  readonly parameterShare: number;
  /** Of the whole model's multiply-accumulates. */
  readonly macShare: number;
  /** It uses constants of an earlier layer again, which are counted there. */
  readonly tied: boolean;
}

export interface NetworkSummary {
  readonly role: string;
  readonly file: string;
  readonly rows: readonly SummaryRow[];
  readonly total: LayerCost;
  /** Layers whose multiply-accumulates are not counted. */
  readonly uncounted: readonly string[];
}

/** Counts what a model's networks take, layer by layer, for one report. */
export async function summarize(networks: readonly Network[]): Promise<NetworkSummary[]> {
  const measured = [];
  for (const network of networks) {
    const layers = layersOf(decodeModel(network.onnx, network.file));
    measured.push({ network, layers, shapes: await shapesOf(network) });
  }
  const costs = measured.map(({ layers, shapes }) => totalCost(layers, shapes));
  const all = sumOf(costs);
  return measured.map(({ network: { role, file }, layers, shapes }, i) => ({
    role,
    file,
    rows: layers.map((layer) => {
      const cost = costOf(layer, shapes);
      return {
        layer: layer.name,
        type: layer.kind,
        outputShape: shapes.get(layer.output)?.slice(1) ?? [],
        ...cost,
        parameterShare: cost.parameters / Math.max(1, all.parameters),
        macShare: cost.macs / Math.max(1, all.macs),
        tied: layer.tied.length > 0,
      };
    }),
    total: costs[i] as LayerCost,
    uncounted: layers.filter((layer) => !isCounted(layer)).map(({ name }) => name),
  }));
}

/** Tables of every network and their totals, for a terminal. @param model - absent where they are of none */
export function renderSummary(model: string | undefined, networks: readonly NetworkSummary[]): string {
  const header = ['layer', 'type', 'output', 'parameters', '%', 'MACs', '%', 'bytes'];
  const sections = networks.flatMap(({ role, rows, total, uncounted }, i) => [
    `${i === 0 ? '' : '\n'}${model === undefined ? '' : `${model}, `}${role}\n`,
    renderTable(header, [
      ...rows.map((row) => [
        row.layer,
        row.type,
        row.outputShape.join(' x '),
        `${grouped(row.parameters)}${row.tied ? ' + tied' : ''}`,
        percent(row.parameterShare),
        grouped(row.macs),
        percent(row.macShare),
        grouped(row.bytes),
      ]),
      [role, 'total', '', grouped(total.parameters), '', grouped(total.macs), '', grouped(total.bytes)],
    ]),
    ...(uncounted.length === 0 ? [] : [`MACs not counted: ${uncounted.join(', ')}`]),
  ]);
  return [...sections, '', renderTotals(sumOf(networks.map(({ total }) => total)))].join('\n');
}

function renderTotals({ parameters, foldedParameters, macs, bytes }: LayerCost): string {
  const keras =
    foldedParameters === 0
      ? ''
      : `; ${grouped(parameters + foldedParameters)} as Keras counts, with ${grouped(foldedParameters)} moving means and ` +
        'variances that are folded into gains and shifts';
  return `${grouped(parameters)} parameters in ${grouped(bytes)} bytes, ${grouped(macs)} MACs a report${keras}.`;
}

function grouped(value: number): string {
  return value.toLocaleString('en');
}

function percent(share: number): string {
  return share === 0 ? '' : (100 * share).toFixed(2);
}
