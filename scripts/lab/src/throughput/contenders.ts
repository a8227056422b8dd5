import type { ReportNetworks } from '@edge-csi/models';
import type { LinkSample } from '../link/transceiver.ts';
import { createEType2Scheme, etype2Antennas } from '../schemes/etype2-scheme.ts';
import { pathSchemes, pathSpecOf } from '../schemes/path-scheme.ts';
import { measureScheme, type NetworkScheme, openNetworkScheme, type Scheme } from '../schemes/scheme.ts';
import { type OperatingPoint, operatingPoints, timeShared } from './operating-points.ts';
import { perfectCsi, uplinkBeam, widebandBeam } from './reference-schemes.ts';
import type { Contender } from './throughput.ts';

export interface ContenderOptions {
  /** All of one shape and link. */
  readonly manifests: readonly ReportNetworks[];
  readonly zoo: string;
  /** What the settings of path reports and of eType II are chosen on, and bits are matched on. */
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

/** Bits at which path reports meet eType II. */
const budgets = [60, 110, 165, 240];

/** A scheme with its settings that are worth most. */
interface Rival {
  readonly scheme: Scheme;
  readonly points: readonly OperatingPoint[];
}

/**
 * Opens models, each with path reports beside it that take as many bits on the samples to select on; path reports beside eType II at
 * sizes that eType II has; and what no estimate can beat, and what is to be had for next to nothing.
 *
 * @throws RangeError where there are no manifests.
 */
export async function openContenders(options: ContenderOptions): Promise<Contenders> {
  const { manifests, zoo, select } = options;
  const [first] = manifests;
  if (first === undefined) throw new RangeError('manifests is empty, must have at least one');
  const networks: NetworkScheme[] = [];
  const close = async () => {
    for (const network of networks) await network.close();
  };
  const plain = (scheme: Scheme): Contender => ({ scheme, name: scheme.name, isEstimate: false });
  const list: Contender[] = [plain(perfectCsi)];
  try {
    const [scheme] = pathSchemes(pathSpecOf(first.csi));
    const paths = await chooseSettings({ ...scheme, settings: scheme.settings.filter((_, i) => i % 2 === 0) }, options);
    const hasPorts = first.csi.numAntennas === etype2Antennas;
    const etype2 = hasPorts ? await chooseSettings(createEType2Scheme(first.csi.numSubcarriers), options) : undefined;
    for (const bits of budgets) list.push(...meeting(paths, etype2, bits, `${bits} bits`));
    for (const manifest of manifests) {
      const network = await openNetworkScheme(manifest, zoo);
      networks.push(network);
      const { bits } = await measureScheme(network, select, {}, {}, () => false);
      const met = meeting(paths, etype2, bits, `bits of ${manifest.id}`);
      const rival = met[0]?.name;
      list.push({ scheme: network, name: manifest.id, isEstimate: true, ...(rival && { rival }) }, ...met);
    }
  } catch (error) {
    await close();
    throw error;
  }
  const hasUplinks = select.every(({ uplink }) => uplink !== undefined);
  return { list: [...list, plain(widebandBeam), ...(hasUplinks ? [plain(uplinkBeam)] : [])], close };
}

async function chooseSettings(scheme: Scheme, { select, signal, onProgress }: ContenderOptions): Promise<Rival> {
  const { name, settings } = scheme;
  return {
    scheme,
    points: await operatingPoints(scheme, select, (done) => onProgress(name, done, settings.length), signal),
  };
}

/** Path reports of so many bits and, where it has reports as long, eType II, their rival. */
function meeting(paths: Rival, etype2: Rival | undefined, bits: number, what: string): Contender[] {
  const reaches = (etype2?.points.at(-1)?.bits ?? 0) >= bits;
  const theirs = etype2 && reaches ? timeShared(etype2.scheme, etype2.points, bits) : undefined;
  const ours = timeShared(paths.scheme, paths.points, bits);
  const rival = theirs && `${theirs.name}, ${what}`;
  return [
    ...(ours ? [{ scheme: ours, name: `${ours.name}, ${what}`, isEstimate: true, ...(rival && { rival }) }] : []),
    ...(theirs && rival ? [{ scheme: theirs, name: rival, isEstimate: false }] : []),
  ];
}
