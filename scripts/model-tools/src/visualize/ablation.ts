import type { LinkSample } from '@edge-csi/lab';
import { renderTable } from '@edge-csi/report';
import type { ModelProto } from '../onnx/schema.ts';
import {
  type AblationEdit,
  ablationEdits,
  addChannelMask,
  type ChannelGroup,
  channelGroups,
  componentCost,
} from './ablation-edits.ts';
import { type BatchedNetwork, maskWithout, openAutoencoder, withNetwork } from './autoencoder.ts';
import { type Saving, savings } from './choices.ts';
import type { LayerCost } from './layer-cost.ts';
import { loadNetworks, shapesOf } from './network.ts';
import type { VisibleManifest } from './network-view.ts';

/** What leaving out a part of a model, without training it again, costs and saves. */
export interface Ablation {
  readonly network: string;
  readonly name: string;
  readonly how: AblationEdit['how'] | 'channel zeroed' | 'component zeroed';
  /** Of components, phases or signs known, codeword unquantised. */
  readonly nmseDb: number;
  /** Above that of the whole model. */
  readonly lostDb: number;
  readonly saved: Pick<LayerCost, 'macs' | 'parameters' | 'bytes'>;
}

export interface AblationRun {
  readonly samples: number;
  /** Of the whole model. */
  readonly nmseDb: number;
  readonly ablations: readonly Ablation[];
}

export interface AblationOptions {
  readonly manifest: VisibleManifest;
  readonly zoo: string;
  readonly samples: readonly LinkSample[];
  /** Channels and codeword components one by one, too. */
  readonly channels: boolean;
  readonly onProgress: (done: number, total: number) => void;
}

/** Leaves out parts of a model one at a time and measures the NMSE of its output. */
export async function measureAblations(options: AblationOptions): Promise<AblationRun> {
  const { manifest, samples, channels } = options;
  const parts = [];
  for (const network of await loadNetworks(manifest, options.zoo)) {
    // A refiner works on quantised CSI with phases; this is about magnitudes.
    if (network.role === 'refiner') continue;
    const shapes = await shapesOf(network);
    const groups = channels ? channelGroups(network, shapes) : [];
    parts.push({ network, shapes, edits: ablationEdits(network, shapes), groups });
  }
  const networks = parts.map(({ network }) => network);
  const model = await openAutoencoder(manifest, networks, samples);
  const numComponents = channels ? model.codewordLength : 0;
  const numChannels = (groups: readonly ChannelGroup[]) => groups.reduce((sum, group) => sum + group.numChannels, 0);
  const total = parts.reduce((sum, { edits, groups }) => sum + edits.length + numChannels(groups), numComponents);
  const whole = 10 * Math.log10(model.errorRatio);
  const ablations: Ablation[] = [];
  const add = (part: Omit<Ablation, 'nmseDb' | 'lostDb'>, errorRatio: number) => {
    const { macs, parameters, bytes } = part.saved;
    const nmseDb = 10 * Math.log10(errorRatio);
    ablations.push({ ...part, saved: { macs, parameters, bytes }, nmseDb, lostDb: nmseDb - whole });
    options.onProgress(ablations.length, total);
  };
  try {
    for (const { network, edits, groups } of parts) {
      const { role } = network;
      for (const { name, how, apply, saved } of edits) {
        const ratio = await withNetwork(network, (opened) => model.errorRatioWith(role, opened), apply);
        add({ network: role, name, how, saved }, ratio);
      }
      for (const { unit, value, numChannels, savedByOne: saved } of groups) {
        let mask = '';
        const withMask = (graph: ModelProto) => {
          mask = addChannelMask(graph, value, numChannels);
        };
        const withoutEach = async (opened: BatchedNetwork) => {
          for (let c = 0; c < numChannels; c++) {
            const masks = { [mask]: maskWithout(c, [numChannels, 1, 1]) };
            const ratio = await model.errorRatioWith(role, opened, masks);
            add({ network: role, name: `${unit}, channel ${c}`, how: 'channel zeroed', saved }, ratio);
          }
        };
        await withNetwork(network, withoutEach, withMask);
      }
    }
    const saved = componentCost(parts, model.codewordLength);
    for (let m = 0; m < numComponents; m++) {
      const part = { network: 'codeword', name: `codeword component ${m}`, how: 'component zeroed', saved } as const;
      add(part, await model.errorRatioWithout(m));
    }
    return { samples: samples.length, nmseDb: whole, ablations };
  } finally {
    await model.close();
  }
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
