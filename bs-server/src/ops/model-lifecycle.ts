import type { VersionState } from './model-versions.ts';

/** One model version of a server. */
export interface ModelStatus {
  /** Id and start of the pairing hash. */
  readonly version: string;
  readonly id: string;
  /** Pairing hash in hex. */
  readonly sha256: string;
  /** Name of its folder in the models directory. */
  readonly folder: string;
  readonly state: VersionState | 'unloaded';
  readonly active: boolean;
  /** How long it has been in that state. */
  readonly inStateMs: number;
  /** UEs told to use it, or that may still send reports coded with it. */
  readonly ues: number;
  /** Its reports that are not settled. */
  readonly inFlight: number;
  /** Its reports that were decoded, since the server started. */
  readonly decoded: number;
}

/** What a server has loaded, and what it would roll back to. */
export interface LifecycleStatus {
  readonly active: string;
  readonly rollbackTo: string | null;
  /** The active one first. */
  readonly models: readonly ModelStatus[];
}

/** The active version has changed. */
export interface Activation {
  readonly active: string;
  readonly previous: string;
  /** UEs that were told to use it; they stay connected. */
  readonly uesTold: number;
}

/**
 * Models of a running server. A refused operation leaves everything as it was.
 *
 * Each `model` is the name of a version or of the folder it was loaded from. All throw CsiError: `model-unknown` where
 * there is no such model or more than one, `model-state` where its state does not allow it or the server does not serve.
 */
export interface ModelLifecycle {
  /**
   * Reads a folder of the models directory, checks every hash, loads and warms up its networks in every decode worker,
   * and only then serves it, as the least preferred. One load runs at a time. A version that drains is kept instead.
   *
   * @throws CsiError also `model-invalid` where files or networks are broken.
   * @throws RangeError where `folder` is a path.
   */
  load(folder: string): Promise<ModelStatus>;
  /** Makes a version the one that new UEs are told, and tells it to every connected UE of its link. */
  activate(model: string): Promise<Activation>;
  /** Activates again what was active before. */
  rollback(): Promise<Activation>;
  /**
   * Takes a version out of service, tells the UEs that use it another one of their link, and frees it once none of its
   * reports can come any more.
   *
   * @returns its status, `unloaded`, or `draining` where that takes longer than the drain timeout: it is freed later then
   */
  unload(model: string): Promise<ModelStatus>;
  /** Which model is active, and how every other stands. */
  status(): LifecycleStatus;
}
