import type { CsiShape } from '@edge-csi/csi';
import type { StaticFile } from '../net/http-answer.ts';
import { modelRoutes } from '../net/model-routes.ts';
import type { ServedModel } from './model-catalog.ts';
import type { ModelVersions } from './model-versions.ts';

/** What a server offers to UEs and base bands, by the models that are loaded. */
export interface ModelOffer {
  readonly files: ReadonlyMap<string, StaticFile>;
  /** Shapes of uplink CSI that are taken. */
  readonly shapes: readonly CsiShape[];
}

export function offerOf({ ready, decodable }: ModelVersions<ServedModel>): ModelOffer {
  return { files: modelRoutes(ready, decodable), shapes: decodable.map(({ shape }) => shape) };
}
