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
