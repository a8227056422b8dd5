import type { ScaleSpec } from '@edge-csi/csi';
import type { CsiSource } from '@edge-csi/csi/files';
import type { Manifest } from '@edge-csi/models';
import type { LinkSample } from '../link/transceiver.ts';
import { fitSamples } from '../schemes/baselines.ts';
import { measureScheme, type NetworkScheme, openNetworkScheme, type Scheme } from '../schemes/scheme.ts';
import { strongestEntries } from '../schemes/topk-codebook.ts';
import { createTopKScheme, mostEntries } from '../schemes/topk-scheme.ts';
import { UsageError } from '../usage-error.ts';
import { operatingPoints, timeShared } from './operating-points.ts';
import { perfectCsi, uplinkBeam, widebandBeam } from './reference-schemes.ts';
import type { Contender } from './throughput.ts';

export interface ContenderOptions {
  /** All of one shape and link, spherical. */
  readonly manifests: readonly Manifest[];
  readonly zoo: string;
  /** What the codebook's odds are counted on. */
  readonly training: CsiSource;
  readonly trainingSamples: number;
  /** What the codebook's settings are chosen on, and bits are matched on. */
  readonly select: readonly LinkSample[];
  readonly signal: AbortSignal;
  /** Hears how far a part of the work is: its name, how much is done, and of how much. */
  readonly onProgress: (part: string, done: number, total: number) => void;
}

/** Contenders, with the networks among them to close. */
export interface Contenders {
  readonly list: readonly Contender[];
  close(): Promise<void>;
}

/**
 * Opens models, each with a top-K codebook beside it that takes as many bits on the samples to select on, where its settings are
 * the best of all; and what no estimate can beat, and what is to be had for next to nothing.
 */
export async function openContenders(options: ContenderOptions): Promise<Contenders> {
  const { manifests, zoo, select, signal, onProgress } = options;
  const networks: NetworkScheme[] = [];
  const close = async () => {
    for (const network of networks) await network.close();
  };
  const plain = (scheme: Scheme): Contender => ({ scheme, name: scheme.name, isEstimate: false });
  const list: Contender[] = [plain(perfectCsi)];
  try {
    const codebook = await fitCodebook(options);
    const { name, settings } = codebook;
    const points = await operatingPoints(codebook, select, (done) => onProgress(name, done, settings.length), signal);
    for (const manifest of manifests) {
      const network = await openNetworkScheme(manifest, zoo);
      networks.push(network);
      const { bits } = await measureScheme(network, select, {});
      const shared = timeShared(codebook, points, bits);
      const rival = shared && `${codebook.name}, bits of ${manifest.id}`;
      list.push({ scheme: network, name: manifest.id, isEstimate: true, ...(rival && { rival }) });
      if (shared && rival) list.push({ scheme: shared, name: rival, isEstimate: true });
    }
  } catch (error) {
    await close();
    throw error;
  }
  const hasUplinks = select.every(({ uplink }) => uplink !== undefined);
  return { list: [...list, plain(widebandBeam), ...(hasUplinks ? [plain(uplinkBeam)] : [])], close };
}

async function fitCodebook(options: ContenderOptions): Promise<Scheme> {
  const { manifests, training, trainingSamples, signal, onProgress } = options;
  const strongest = [];
  let numEntries = 0;
  for await (const { downlink } of fitSamples(training, trainingSamples, signal)) {
    strongest.push(strongestEntries(downlink, mostEntries));
    numEntries = downlink.length;
    onProgress('fit of the codebook', strongest.length, trainingSamples);
  }
  return createTopKScheme(strongest, numEntries, scaleOf(manifests));
}

/** @throws UsageError where a model sends no norm: the codebook does. */
function scaleOf(manifests: readonly Manifest[]): ScaleSpec {
  const [first] = manifests;
  const other = manifests.find(({ normalization }) => normalization.kind !== 'spherical');
  if (first?.normalization.kind !== 'spherical' || other !== undefined) {
    throw new UsageError(
      `the codebook sends a norm, ${(other ?? first)?.id} does not; name spherical models with --models`,
    );
  }
  return first.normalization.scale;
}
