import { UsageError } from '@edge-csi/lab/usage-error';
import {
  type AnyManifest,
  isComplexModel,
  isPathModel,
  isUplinkOnly,
  type Manifest,
  type PathManifest,
  type ReportManifest,
  type ReportNetworks,
  type UplinkOnlyManifest,
} from '@edge-csi/models';
import { listModels, listReportModels, listUplinkOnlyModels, readZoo, zooDirectory } from '@edge-csi/models/disk';

/** The folder that models are taken from. @throws CsiError `model-unknown` where the zoo is not installed. */
export const zooOption = () => ['--zoo <dir>', 'folder of models', zooDirectory()] as const;

/** Reductions of the main models: those that the figures of the documents are of. */
export const mainReductions: readonly number[] = [4, 8, 12];

/**
 * Models of networks of a zoo that decode reports.
 *
 * @param ids - of those wanted
 * @param otherwise - those where none is named
 * @throws UsageError that names the ids there are.
 */
export async function modelsById(
  ids: readonly string[] | undefined,
  zoo: string,
  otherwise: (zoo: string) => Promise<Manifest[]> = listModels,
): Promise<Manifest[]> {
  if (ids === undefined) return otherwise(zoo);
  const found = pick(await listReportModels(zoo), ids, zoo);
  for (const manifest of found) {
    if (isPathModel(manifest) || isComplexModel(manifest)) {
      const kind = isPathModel(manifest) ? 'path reports' : 'complex CSI';
      throw new UsageError(
        `${manifest.id} is a model of ${kind}, and this is for networks of magnitudes or absolute parts; name one of those`,
      );
    }
  }
  return found as Manifest[];
}

/**
 * Models of a zoo that code reports by networks, of magnitudes, absolute parts or complex CSI.
 *
 * @throws UsageError that names the ids there are, or the one that has no networks.
 */
export async function networksById(ids: readonly string[], zoo: string): Promise<ReportNetworks[]> {
  return pick(await listReportModels(zoo), ids, zoo).map((manifest) => {
    if (!isPathModel(manifest)) return manifest;
    throw new UsageError(
      `${manifest.id} is a model of path reports, which are measured beside the networks of --models; leave it out`,
    );
  });
}

/**
 * Models of a zoo that code reports, by networks or as paths.
 *
 * @param ids - of those wanted
 * @param otherwise - those where none is named
 * @throws UsageError that names the ids there are.
 */
export async function reportModelsById(
  ids: readonly string[] | undefined,
  zoo: string,
  otherwise: (zoo: string) => Promise<readonly ReportManifest[]> = listReportModels,
): Promise<readonly ReportManifest[]> {
  return ids === undefined ? otherwise(zoo) : pick(await listReportModels(zoo), ids, zoo);
}

/** The model of networks of that id that decodes reports. @throws UsageError that names the ids there are. */
export async function modelById(id: string, zoo: string): Promise<Manifest> {
  const [found] = await modelsById([id], zoo);
  return found as Manifest;
}

/** Models of any kind by id, all of the zoo where none is named. @throws UsageError that names the ids there are. */
export async function anyModels(ids: readonly string[], zoo: string): Promise<AnyManifest[]> {
  const all = (await readZoo(zoo)).map(({ manifest }) => manifest);
  return ids.length === 0 ? all : pick(all, ids, zoo);
}

/** The model of that id, which has networks. @throws UsageError where it has none; it names the ids there are. */
export async function networkModel(id: string, zoo: string): Promise<Exclude<AnyManifest, PathManifest>> {
  const [found] = await anyModels([id], zoo);
  const manifest = found as AnyManifest;
  if (!isPathModel(manifest)) return manifest;
  throw new UsageError(`${id} is a model of path reports: it has no networks to look into; give one that has`);
}

/** The model of path reports of that id, the first of the zoo where none is named. @throws UsageError that names those there are. */
export async function pathModel(id: string | undefined, zoo: string): Promise<PathManifest> {
  const found = (await listReportModels(zoo)).filter((manifest) => isPathModel(manifest));
  const manifest = id === undefined ? found[0] : found.find((candidate) => candidate.id === id);
  if (manifest !== undefined) return manifest;
  const ids = found.map((candidate) => candidate.id).join(', ') || 'none; make one with edge-csi models paths';
  throw new UsageError(`no model of path reports${id === undefined ? '' : ` '${id}'`} in ${zoo}; there are ${ids}`);
}

/** Checks that a zoo has folders of that name, which for most is the id of their model. @throws UsageError that names them. */
export async function requireFolders(names: readonly string[], zoo: string): Promise<void> {
  const folders = (await readZoo(zoo)).flatMap(({ folder, manifest }) => (isUplinkOnly(manifest) ? [] : [folder]));
  const missing = names.find((name) => !folders.includes(name));
  if (missing === undefined) return;
  throw new UsageError(`no model '${missing}' in ${zoo}; there are ${folders.join(', ') || 'none'}`);
}

/** The uplink-only model of that id. @throws UsageError that names the ids there are. */
export async function uplinkOnlyById(id: string, zoo: string): Promise<UplinkOnlyManifest> {
  const [found] = pick(await listUplinkOnlyModels(zoo), [id], zoo);
  return found as UplinkOnlyManifest;
}

function pick<M extends AnyManifest>(all: readonly M[], ids: readonly string[], zoo: string): M[] {
  return ids.map((id) => {
    const found = all.find((manifest) => manifest.id === id);
    if (found === undefined) {
      throw new UsageError(`no model '${id}' in ${zoo}; there are ${all.map((m) => m.id).join(', ') || 'none'}`);
    }
    return found;
  });
}

/** The pruned models of a zoo, strongest compression last. */
export async function prunedModels(zoo: string): Promise<Manifest[]> {
  const pruned = (await listModels(zoo)).filter((manifest) => manifest.pruned);
  return pruned.sort((a, b) => a.reduction - b.reduction);
}

/** Models of any kind, those first that a measurement without a choice takes first, as `listModels` has them. */
export async function listedFirst(zoo: string): Promise<AnyManifest[]> {
  const reports = await listReportModels(zoo);
  return [...reports, ...(await listUplinkOnlyModels(zoo))];
}

/**
 * The models of the link that the zoo's first model is for, of any kind: a data file holds one link's CSI, and a model of
 * other bands would be measured on channels that are none.
 */
export async function modelsOfOneLink(zoo: string): Promise<AnyManifest[]> {
  const [first] = await listModels(zoo);
  const all = await anyModels([], zoo);
  return first === undefined ? all : all.filter((manifest) => sameBands(manifest, first));
}

/** The models for a pair of carriers, of any kind. @throws UsageError where there is none. */
export async function modelsForCarriers(carriers: CarrierPair, zoo: string): Promise<AnyManifest[]> {
  const found = (await anyModels([], zoo)).filter((manifest) => sameBands(manifest, { csi: carriers }));
  if (found.length > 0) return found;
  const { downlinkCarrierHz, uplinkCarrierHz } = carriers;
  throw new UsageError(
    `no model in ${zoo} is for ${downlinkCarrierHz / 1e9} / ${uplinkCarrierHz / 1e9} GHz; name some with --models`,
  );
}

/** The pruned models of a link on 32 x 32 magnitudes, spherical, strongest compression last. */
export async function magnitudeModelsFor(
  { downlinkCarrierHz }: Pick<CarrierPair, 'downlinkCarrierHz'>,
  zoo: string,
): Promise<Manifest[]> {
  return (await prunedModels(zoo)).filter(
    ({ planes, normalization, csi }) =>
      planes !== 'absolute-parts' &&
      normalization.kind === 'spherical' &&
      csi.downlinkCarrierHz === downlinkCarrierHz &&
      csi.numAntennas === 32 &&
      csi.numDelays === 32,
  );
}

/** @throws UsageError where models differ in the CSI that they take: they cannot be measured on the same samples. */
export function requireOneShape(manifests: readonly ReportManifest[]): void {
  const [first, ...others] = manifests;
  const other = others.find(({ csi }) => JSON.stringify(csi) !== JSON.stringify(first?.csi));
  if (first === undefined || other === undefined) return;
  throw new UsageError(`${first.id} and ${other.id} take different CSI; name models of one kind with --models`);
}

type CarrierPair = Pick<AnyManifest['csi'], 'downlinkCarrierHz' | 'uplinkCarrierHz'>;

/** Those that share the first one's bands, shape and view of CSI, strongest compression last: points of one rate-distortion curve. */
export function ofOneShape(manifests: readonly Manifest[]): Manifest[] {
  const [first] = manifests;
  const alike = manifests.filter(
    (m) =>
      first !== undefined &&
      sameBands(m, first) &&
      m.csi.numAntennas === first.csi.numAntennas &&
      m.csi.numDelays === first.csi.numDelays &&
      m.planes === first.planes &&
      m.normalization.kind === first.normalization.kind,
  );
  return alike.sort((a, b) => a.reduction - b.reduction);
}

function sameBands(a: { readonly csi: CarrierPair }, b: { readonly csi: CarrierPair }): boolean {
  return a.csi.downlinkCarrierHz === b.csi.downlinkCarrierHz && a.csi.uplinkCarrierHz === b.csi.uplinkCarrierHz;
}

/** The pruned model of each reduction asked for. @throws UsageError that names the reductions there are. */
export async function modelsByReduction(reductions: readonly number[], zoo: string): Promise<Manifest[]> {
  const pruned = await prunedModels(zoo);
  return reductions.map((reduction) => {
    const found = pruned.find((manifest) => manifest.reduction === reduction);
    if (found === undefined) {
      const known = [...new Set(pruned.map((m) => m.reduction))].join(', ');
      throw new UsageError(`no pruned model of reduction ${reduction}; there are ${known || 'none'}`);
    }
    return found;
  });
}
