import type { LinkSample } from '@edge-csi/lab';
import { type AnyManifest, isUplinkOnly } from '@edge-csi/models';
import { renderTable } from '@edge-csi/report';
import {
  type AblationEdit,
  ablationEdits,
  addChannelMask,
  type ChannelGroup,
  channelGroups,
  componentCost,
} from './ablation-edits.ts';
import { type Saving, savings } from './choices.ts';
import { FloatLink, LinkNetwork, maskWithout } from './float-link.ts';
import type { LayerCost } from './layer-cost.ts';
import { representationOfAny } from './model-trace.ts';
import { loadNetworks, type Network, shapesOf } from './network.ts';

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
  readonly manifest: AnyManifest;
  readonly zoo: string;
  readonly samples: readonly LinkSample[];
  /** Channels and codeword components one by one, too. */
  readonly channels: boolean;
  readonly onProgress: (done: number, total: number) => void;
}

/** Leaves out parts of a model one at a time and measures the NMSE of its output. */
export async function measureAblations(options: AblationOptions): Promise<AblationRun> {
  const { manifest, samples } = options;
  const codewordLength = isUplinkOnly(manifest) ? 0 : manifest.codeword.length;
  const link = new FloatLink(representationOfAny(manifest), codewordLength, samples);
  const networks = await loadNetworks(manifest, options.zoo);
  const parts = [];
  for (const network of networks) {
    // A refiner works on quantised CSI with phases; this is about magnitudes.
    if (network.role === 'refiner') continue;
    const shapes = await shapesOf(network);
    const groups = options.channels ? channelGroups(network, shapes) : [];
    parts.push({ network, shapes, edits: ablationEdits(network, shapes), groups });
  }
  const numComponents = options.channels ? codewordLength : 0;
  const total = parts.reduce((sum, { edits, groups }) => sum + edits.length + countChannels(groups), numComponents);
  const bench = await AblationBench.open(link, networks);
  try {
    let done = 0;
    const ablations: Ablation[] = [];
    const step = (ablation: Ablation) => {
      ablations.push(ablation);
      options.onProgress(++done, total);
    };
    for (const { network, edits, groups } of parts) {
      for (const edit of edits) step(await bench.withEdit(network, edit));
      for (const group of groups) for await (const ablation of bench.withoutChannels(network, group)) step(ablation);
    }
    const savedByComponent = componentCost(parts, codewordLength);
    for (let m = 0; m < numComponents; m++) step(await bench.withoutComponent(m, codewordLength, savedByComponent));
    return { samples: samples.length, nmseDb: bench.nmseDb, ablations };
  } finally {
    await bench.close();
  }
}

function countChannels(groups: readonly ChannelGroup[]): number {
  return groups.reduce((sum, { numChannels }) => sum + numChannels, 0);
}

/** The whole model on the samples, and variants of it beside that. */
class AblationBench {
  readonly #link: FloatLink;
  readonly #decoder: LinkNetwork;
  readonly #latents: Float32Array;
  readonly #errorRatio: number;

  private constructor(link: FloatLink, decoder: LinkNetwork, latents: Float32Array, errorRatio: number) {
    this.#link = link;
    this.#decoder = decoder;
    this.#latents = latents;
    this.#errorRatio = errorRatio;
  }

  static async open(link: FloatLink, networks: readonly Network[]): Promise<AblationBench> {
    const encoder = networks.find(({ role }) => role === 'encoder');
    const latents =
      encoder === undefined ? new Float32Array() : await withNetwork(encoder, (opened) => link.encode(opened));
    const decoder = await LinkNetwork.open(networks.find(({ role }) => role === 'decoder') as Network);
    return new AblationBench(link, decoder, latents, await link.errorRatio(decoder, latents));
  }

  get nmseDb(): number {
    return 10 * Math.log10(this.#errorRatio);
  }

  async withEdit(network: Network, { name, how, apply, saved }: AblationEdit): Promise<Ablation> {
    const ratio = await withNetwork(
      network,
      async (opened) => {
        if (network.role !== 'encoder') return this.#link.errorRatio(opened, this.#latents);
        return this.#link.errorRatio(this.#decoder, await this.#link.encode(opened));
      },
      apply,
    );
    return this.#ablation({ network: network.role, name, how, saved }, ratio);
  }

  async *withoutChannels(network: Network, group: ChannelGroup): AsyncGenerator<Ablation> {
    const { unit, value, numChannels, savedByOne } = group;
    let mask = '';
    const opened = await LinkNetwork.open(network, (model) => {
      mask = addChannelMask(model, value, numChannels);
    });
    try {
      for (let c = 0; c < numChannels; c++) {
        const masks = { [mask]: maskWithout(c, [numChannels, 1, 1]) };
        const ratio =
          network.role === 'encoder'
            ? await this.#link.errorRatio(this.#decoder, await this.#link.encode(opened, masks))
            : await this.#link.errorRatio(opened, this.#latents, masks);
        const name = `${unit}, channel ${c}`;
        yield this.#ablation({ network: network.role, name, how: 'channel zeroed', saved: savedByOne }, ratio);
      }
    } finally {
      await opened.close();
    }
  }

  async withoutComponent(index: number, length: number, saved: Ablation['saved']): Promise<Ablation> {
    const latents = this.#latents.map((value, i) => (i % length === index ? 0 : value));
    const ratio = await this.#link.errorRatio(this.#decoder, latents);
    const name = `codeword component ${index}`;
    return this.#ablation({ network: 'codeword', name, how: 'component zeroed', saved }, ratio);
  }

  async close(): Promise<void> {
    await this.#decoder.close();
  }

  #ablation(part: Omit<Ablation, 'nmseDb' | 'lostDb'>, errorRatio: number): Ablation {
    const { macs, parameters, bytes } = part.saved;
    const nmseDb = 10 * Math.log10(errorRatio);
    return { ...part, saved: { macs, parameters, bytes }, nmseDb, lostDb: nmseDb - this.nmseDb };
  }
}

async function withNetwork<T>(
  network: Network,
  use: (opened: LinkNetwork) => Promise<T>,
  change?: AblationEdit['apply'],
): Promise<T> {
  const opened = await LinkNetwork.open(network, change);
  try {
    return await use(opened);
  } finally {
    await opened.close();
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
