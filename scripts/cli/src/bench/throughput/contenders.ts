import type { ScaleSpec } from '@edge-csi/csi';
import type { CsiSource } from '@edge-csi/csi/files';
import type { LinkSample } from '@edge-csi/lab/link/transceiver';
import { fitSamples } from '@edge-csi/lab/schemes/fit-samples';
import { type NetworkScheme, openNetworkScheme } from '@edge-csi/lab/schemes/network-scheme';
import { measureScheme, type Scheme } from '@edge-csi/lab/schemes/scheme';
import { strongestEntries } from '@edge-csi/lab/schemes/strongest-entries';
import { createTopKScheme, mostEntries } from '@edge-csi/lab/schemes/topk-scheme';
import { operatingPoints } from '@edge-csi/lab/throughput/operating-points';
import { perfectCsi, uplinkBeam, widebandBeam } from '@edge-csi/lab/throughput/reference-schemes';
import type { Contender } from '@edge-csi/lab/throughput/throughput';
import { timeShared } from '@edge-csi/lab/throughput/time-shared';
import { UsageError } from '@edge-csi/lab/usage-error';
import type { Manifest } from '@edge-csi/models';
import { startProgress } from '../../progress.ts';

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
  const { manifests, zoo, select, signal } = options;
  const networks: NetworkScheme[] = [];
  const close = async () => {
    for (const network of networks) await network.close();
  };
  const plain = (scheme: Scheme): Contender => ({ scheme, name: scheme.name, isEstimate: false });
  const list: Contender[] = [plain(perfectCsi)];
  try {
    const codebook = await fitCodebook(options);
    const progress = startProgress(codebook.name, codebook.settings.length);
    const points = await operatingPoints(codebook, select, progress.update, signal).finally(progress.stop);
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
  return { list: [...list, plain(widebandBeam), plain(uplinkBeam)], close };
}

async function fitCodebook({ manifests, training, trainingSamples, signal }: ContenderOptions): Promise<Scheme> {
  const progress = startProgress('fit of the codebook', trainingSamples);
  try {
    const strongest = [];
    let numEntries = 0;
    for await (const { downlink } of fitSamples(training, trainingSamples, signal)) {
      strongest.push(strongestEntries(downlink, mostEntries));
      numEntries = downlink.length;
      progress.update(strongest.length);
    }
    return createTopKScheme(strongest, numEntries, scaleOf(manifests));
  } finally {
    progress.stop();
  }
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
