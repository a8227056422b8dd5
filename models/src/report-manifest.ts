import { type ComplexManifest, isComplexModel, parseComplexManifest } from './complex-manifest.ts';
import type { Manifest } from './manifest.ts';
import { isPathModel, type PathManifest, parsePathManifest } from './path-manifest.ts';
import { manifestSchema, parseWith } from './schema.ts';

/** A manifest of a model that codes reports; `schema` tells the kinds apart. */
export type ReportManifest = ReportNetworks | PathManifest;

/** A manifest of a model that codes reports by networks. */
export type ReportNetworks = Manifest | ComplexManifest;

/**
 * Validates a parsed manifest.json of a model that codes reports, of any kind.
 *
 * @throws CsiError `model-invalid`, naming the first field that does not fit.
 */
export function parseReportManifest(json: unknown): ReportManifest {
  if (isComplexModel(json)) return parseComplexManifest(json);
  return isPathModel(json) ? parsePathManifest(json) : parseWith(manifestSchema, json);
}

/** What a network of a model may take, the first of it in any case, and what it has to give, by name. */
export function networkNamesOf(
  manifest: ReportNetworks,
  network: 'encoder' | 'decoder' | 'refiner',
): { readonly inputs: readonly string[]; readonly output: string } {
  if (network === 'refiner') return { inputs: ['estimate', 'magnitude', 'bits', 'uplink'], output: 'csi' };
  if (isComplexModel(manifest)) {
    const { encoder, decoder } = manifest.tensors;
    if (network === 'encoder') return { inputs: [encoder.csi], output: encoder.codeword };
    return {
      inputs: [decoder.codeword, ...(decoder.uplink === undefined ? [] : [decoder.uplink])],
      output: decoder.csi,
    };
  }
  const csi = manifest.planes === 'absolute-parts' ? 'parts' : 'magnitude';
  if (network === 'encoder') return { inputs: [csi], output: 'latent' };
  return { inputs: ['latent', 'cell', 'uplink'], output: csi };
}
