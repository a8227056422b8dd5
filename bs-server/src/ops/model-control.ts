import { CsiError } from '@edge-csi/csi';
import type { Activation, LifecycleStatus, ModelLifecycle, ModelStatus } from './model-lifecycle.ts';
import type { ModelVersions, VersionEntry } from './model-versions.ts';

/** What a life cycle needs to know of a model. */
export interface ControlledModel {
  readonly version: string;
  readonly ref: { readonly id: string };
  readonly sha256: string;
  readonly folder: string;
}

/** A connected UE. */
export interface ModelUser<M> {
  /** What it is told to use. */
  readonly model: M | undefined;
  /** True where a report coded with that version may still come from it. */
  mayUse(version: string): boolean;
  /** Tells it to use another model. */
  follow(model: M): void;
}

export interface ModelControlParts<M extends ControlledModel> {
  readonly versions: ModelVersions<M>;
  /** Reads a folder of the models directory. */
  readonly read: (folder: string) => Promise<M>;
  /** Loads and warms up a model in every decode worker, or in none. */
  readonly load: (model: M) => Promise<void>;
  /** Frees a model in every decode worker. */
  readonly free: (version: string) => Promise<void>;
  readonly users: () => Iterable<ModelUser<M>>;
  /** True where a UE of one model can use the other. */
  readonly sameLink: (a: M, b: M) => boolean;
  /** Reports of a version: those not settled, and those decoded so far. */
  readonly reports: (version: string) => { readonly inFlight: number; readonly decoded: number };
  /** False before the decoder is ready, and from the time the server drains. */
  readonly serving: () => boolean;
  /** The served models have changed. */
  readonly changed: () => void;
  /** What was done, for the log. */
  readonly note: (event: { readonly operation: string; readonly version: string; readonly error?: Error }) => void;
  /** How long `unload` waits. */
  readonly drainTimeoutMs: number;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
}

/** Carries out life-cycle operations: keeps versions, decode workers and UEs in step. */
export class ModelControl<M extends ControlledModel> implements ModelLifecycle {
  readonly #parts: ModelControlParts<M>;
  /** Folder of the load under way. */
  #loading: string | undefined;
  /** Loads of versions that were on offer, which UEs or the operator wait for. */
  readonly #uses = new Map<string, Promise<void>>();
  /** Ends when the decode workers have nothing to load. */
  #loads: Promise<unknown> = Promise.resolve();
  /** Whoever waits for a version that drains, by version. */
  readonly #drains = new Map<string, Set<() => void>>();

  constructor(parts: ModelControlParts<M>) {
    this.#parts = parts;
  }

  async load(folder: string): Promise<ModelStatus> {
    this.#requireServing();
    if (this.#loading !== undefined) {
      throw new CsiError('model-state', `${this.#loading} is being loaded; try ${folder} again afterwards`);
    }
    this.#loading = folder;
    try {
      const model = await this.#parts.read(folder);
      const { version } = model;
      if (this.#isOnOffer(version)) await this.use(version);
      else await this.#loadModel(model);
      this.#parts.changed();
      this.#parts.note({ operation: 'load', version });
      return this.#statusOf(version);
    } finally {
      this.#loading = undefined;
    }
  }

  /**
   * Has a served version loaded, unless it is, so that a UE can be told to use it. One that cannot be loaded is not
   * served any more.
   *
   * @throws CsiError `model-invalid` where it cannot be loaded, `model-state` where the decode workers load nothing at present.
   */
  use(version: string): Promise<void> {
    const known = this.#uses.get(version);
    if (known !== undefined) return known;
    const entry = this.#parts.versions.get(version);
    if (entry?.state !== 'offered') return Promise.resolve();
    const loaded = this.#loadModel(entry.model).finally(() => this.#uses.delete(version));
    this.#uses.set(version, loaded);
    return loaded;
  }

  async activate(model: string): Promise<Activation> {
    this.#requireServing();
    const { versions } = this.#parts;
    const { version } = this.#find(model);
    await this.use(version);
    const previous = versions.active;
    versions.activate(version);
    return this.#activated('activate', previous);
  }

  async rollback(): Promise<Activation> {
    this.#requireServing();
    const { versions } = this.#parts;
    const previous = versions.active;
    versions.rollBack();
    return this.#activated('rollback', previous);
  }

  async unload(model: string): Promise<ModelStatus> {
    this.#requireServing();
    const { versions, users, sameLink, changed, note } = this.#parts;
    const { version, state, model: leaving } = this.#find(model);
    if (state !== 'draining') {
      const told = [...users()].filter((user) => user.model?.version === version);
      const successor = versions.served.find((other) => other !== leaving && sameLink(other, leaving));
      if (told.length > 0 && successor !== undefined && !versions.isReady(successor.version)) {
        await this.use(successor.version);
        // Others may use it by now.
        return this.unload(model);
      }
      if (told.length > 0 && successor === undefined && version !== versions.active) {
        const problem = `${told.length} UEs use ${version} and no other loaded model is for their link`;
        throw new CsiError('model-state', `${problem}; load one first`);
      }
      versions.drain(version);
      changed();
      note({ operation: 'unload', version });
      for (const user of told) user.follow(successor as M);
    }
    const status = this.#statusOf(version);
    if (!(await this.#drained(version))) return this.#statusOf(version);
    return { ...status, ...this.#countsOf(version), state: 'unloaded', inStateMs: 0 };
  }

  status(): LifecycleStatus {
    const { versions } = this.#parts;
    return {
      active: versions.active,
      rollbackTo: versions.earlier ?? null,
      models: versions.entries.map(({ version }) => this.#statusOf(version)),
    };
  }

  /** Frees draining versions that are no longer used. To be called when a report is settled or a UE moves on or leaves. */
  checkDrained(): void {
    for (const version of this.#drains.keys()) {
      if (this.#parts.reports(version).inFlight === 0 && this.#countUes(version) === 0) void this.#free(version);
    }
  }

  async #loadModel(model: M): Promise<void> {
    const { versions, load, changed, note } = this.#parts;
    const { version } = model;
    if (versions.get(version)?.state === 'draining') {
      versions.serve(version);
      for (const settle of this.#takeDrain(version)) settle();
      return;
    }
    const wasOffered = versions.get(version) !== undefined;
    versions.beginLoad(version, model);
    try {
      const loaded = this.#loads.then(() => load(model));
      this.#loads = loaded.catch(() => undefined);
      await loaded;
      versions.serve(version);
    } catch (cause) {
      // The workers are not in a state to load anything: no fault of the model.
      const isToBlame = !(cause instanceof CsiError && cause.code === 'model-state');
      if (wasOffered && !isToBlame) versions.postpone(version);
      else versions.remove(version);
      if (wasOffered) changed();
      note({ operation: 'load', version, error: cause as Error });
      if (cause instanceof CsiError) throw cause;
      const problem = `the decode worker cannot load ${version} of folder ${model.folder}`;
      throw new CsiError('model-invalid', `${problem}: ${(cause as Error).message}`, { cause });
    }
  }

  #isOnOffer(version: string): boolean {
    return this.#uses.has(version) || this.#parts.versions.get(version)?.state === 'offered';
  }

  #activated(operation: string, previous: string): Activation {
    const { versions, users, sameLink, changed, note } = this.#parts;
    const { active } = versions;
    const { model } = versions.get(active) as VersionEntry<M>;
    changed();
    note({ operation, version: active });
    const told = [...users()].filter(
      (user) => user.model !== undefined && user.model !== model && sameLink(user.model, model),
    );
    for (const user of told) user.follow(model);
    return { active, previous, uesTold: told.length };
  }

  /** Waits until a draining version is freed, at most for the drain timeout. @returns whether it is */
  async #drained(version: string): Promise<boolean> {
    const waiting = this.#drains.get(version) ?? new Set();
    this.#drains.set(version, waiting);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        waiting.delete(settle);
        resolve();
      }, this.#parts.drainTimeoutMs);
      const settle = () => {
        clearTimeout(timer);
        resolve();
      };
      waiting.add(settle);
      this.checkDrained();
    });
    return this.#parts.versions.get(version) === undefined;
  }

  async #free(version: string): Promise<void> {
    const { versions, free, changed, note } = this.#parts;
    const waiting = this.#takeDrain(version);
    versions.remove(version);
    changed();
    try {
      await free(version);
    } catch (error) {
      note({ operation: 'free', version, error: error as Error });
    }
    for (const settle of waiting) settle();
  }

  #takeDrain(version: string): Iterable<() => void> {
    const waiting = this.#drains.get(version) ?? [];
    this.#drains.delete(version);
    return waiting;
  }

  #find(name: string): VersionEntry<M> {
    const { entries } = this.#parts.versions;
    const found = entries.filter(({ version, model: { folder } }) => version === name || folder === name);
    const [entry] = found;
    if (entry !== undefined && found.length === 1) return entry;
    const listed = (found.length > 1 ? found : entries).map(({ version }) => version).join(', ');
    const problem = found.length > 1 ? 'stands for several versions, name one of' : 'is not loaded; loaded are';
    throw new CsiError('model-unknown', `model ${name} ${problem} ${listed}`);
  }

  #requireServing(): void {
    if (!this.#parts.serving()) throw new CsiError('model-state', 'the server does not serve yet, or no longer');
  }

  #statusOf(version: string): ModelStatus {
    const { versions, clock } = this.#parts;
    const { model, state, sinceMs } = versions.get(version) as VersionEntry<M>;
    return {
      version,
      id: model.ref.id,
      sha256: model.sha256,
      folder: model.folder,
      state,
      active: version === versions.active,
      inStateMs: clock() - sinceMs,
      ...this.#countsOf(version),
    };
  }

  #countsOf(version: string): Pick<ModelStatus, 'ues' | 'inFlight' | 'decoded'> {
    return { ues: this.#countUes(version), ...this.#parts.reports(version) };
  }

  #countUes(version: string): number {
    let ues = 0;
    for (const user of this.#parts.users()) if (user.mayUse(version)) ues++;
    return ues;
  }
}
