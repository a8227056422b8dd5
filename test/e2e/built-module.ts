import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

/** A module of the built server that is not part of its public API. */
export function builtModule<M>(name: string): Promise<M> {
  const index = pathToFileURL(createRequire(import.meta.url).resolve('@edge-csi/bs-server'));
  return import(new URL(name, index).href) as Promise<M>;
}
