import { CsiError } from '@edge-csi/csi';

/**
 * `offered`: served, and loaded once a UE is to use it; `loading`: the decode workers load it; `ready`: served and loaded;
 * `draining`: on its way out, still decoded.
 */
export const versionStates = ['offered', 'loading', 'ready', 'draining'] as const;
export type VersionState = (typeof versionStates)[number];

/** What is known of one model version by name. */
export interface VersionEntry<M> {
  readonly version: string;
  readonly model: M;
  readonly state: VersionState;
  /** When it came into that state, on the injected clock. */
  readonly sinceMs: number;
}

/**
 * Which model versions a server has, in which state, and which of them is active.
 *
 * Those that are served stand in an order of preference: the active one first, then those that were active before it,
 * latest first, then the others in the order they came. Nothing is done here; whoever loads, tells and frees says so.
 */
export class ModelVersions<M> {
  readonly #clock: () => number;
  readonly #entries = new Map<string, VersionEntry<M>>();
  /** Served versions, the active one first. */
  #preference: string[] = [];
  /** Served versions that were active before the active one, the latest last; each once. */
  #earlier: string[] = [];

  /**
   * @param initial - versions that are served, with their names, the active one first; at least one
   * @param numReady - how many of them, from the first, are loaded from the start; the others are on offer
   * @param clock - monotonic milliseconds
   */
  constructor(initial: Iterable<readonly [string, M]>, numReady: number, clock: () => number) {
    this.#clock = clock;
    for (const [version, model] of initial) {
      this.#set(version, model, this.#preference.length < numReady ? 'ready' : 'offered');
      this.#preference.push(version);
    }
    if (this.#preference.length === 0) throw new RangeError('there must be at least one version to start with');
  }

  /** Name of the version that UEs are told to use where nothing else is asked for. */
  get active(): string {
    return this.#preference[0] as string;
  }

  /** Name of the version a rollback would activate. */
  get earlier(): string | undefined {
    return this.#earlier[this.#earlier.length - 1];
  }

  /** Models that are served, in order of preference. */
  get served(): readonly M[] {
    return this.#preference.map((version) => (this.#entries.get(version) as VersionEntry<M>).model);
  }

  /** Models whose reports are decoded: the served ones, then those that drain. */
  get decodable(): readonly M[] {
    return [...this.served, ...this.#inState('draining').map(({ model }) => model)];
  }

  /** Everything: what is served in order of preference, then the others. */
  get entries(): readonly VersionEntry<M>[] {
    const served = this.#preference.map((version) => this.#entries.get(version) as VersionEntry<M>);
    const isNew = ({ version }: VersionEntry<M>) => !this.#preference.includes(version);
    return [...served, ...this.#inState('draining'), ...this.#inState('loading').filter(isNew)];
  }

  get(version: string): VersionEntry<M> | undefined {
    return this.#entries.get(version);
  }

  /** True where UEs can be told to use a version at once. */
  isReady(version: string): boolean {
    return this.#entries.get(version)?.state === 'ready';
  }

  /** Notes that a version is being loaded. @throws CsiError `model-state` where it is there already, and not on offer. */
  beginLoad(version: string, model: M): void {
    const known = this.#entries.get(version);
    if (known !== undefined && known.state !== 'offered')
      throw new CsiError('model-state', `${version} is ${known.state} already`);
    this.#set(version, model, 'loading');
  }

  /** Serves a version that has been loaded, or that was draining, after all others unless it had its place already. */
  serve(version: string): void {
    const { model } = this.#require(version, ['loading', 'draining'], 'to be served');
    this.#set(version, model, 'ready');
    if (!this.#preference.includes(version)) this.#preference.push(version);
  }

  /** Takes note that a version which is on offer could not be loaded now, and may be later. */
  postpone(version: string): void {
    const { model } = this.#require(version, ['loading'], 'to be on offer again');
    this.#set(version, model, 'offered');
  }

  /**
   * Makes a version the active one.
   *
   * @throws CsiError `model-state` where it is not ready.
   */
  activate(version: string): void {
    this.#require(version, ['ready'], 'to become active');
    const { active } = this;
    if (version === active) return;
    this.#earlier = [...this.#earlier.filter((name) => name !== version), active];
    this.#prefer(version);
  }

  /**
   * Makes the version active again that was so before the active one; the one before that comes next.
   *
   * @returns its name
   * @throws CsiError `model-state` where none is left.
   */
  rollBack(): string {
    const version = this.#earlier.pop();
    if (version === undefined) {
      const problem = `no version that was active before ${this.active} is loaded`;
      throw new CsiError('model-state', `${problem}; load and activate the one you want`);
    }
    this.#prefer(version);
    return version;
  }

  /** Takes a version out of service. @throws CsiError `model-state` where it is active or not served. */
  drain(version: string): void {
    const { model } = this.#require(version, ['ready', 'offered'], 'to be unloaded');
    if (version === this.active) {
      throw new CsiError('model-state', `${version} is the active version; activate another one first`);
    }
    this.#set(version, model, 'draining');
    this.#forget(version);
  }

  /** Forgets a version that could not be loaded or has drained. */
  remove(version: string): void {
    this.#require(version, ['loading', 'draining'], 'to be forgotten');
    this.#entries.delete(version);
    this.#forget(version);
  }

  #forget(version: string): void {
    this.#preference = this.#preference.filter((name) => name !== version);
    this.#earlier = this.#earlier.filter((name) => name !== version);
  }

  #prefer(version: string): void {
    this.#preference = [version, ...this.#preference.filter((name) => name !== version)];
  }

  #inState(wanted: VersionState): VersionEntry<M>[] {
    return [...this.#entries.values()].filter(({ state }) => state === wanted);
  }

  #require(version: string, states: readonly VersionState[], purpose: string): VersionEntry<M> {
    const entry = this.#entries.get(version);
    if (entry === undefined) throw new CsiError('model-unknown', `${version} is not loaded`);
    if (states.includes(entry.state)) return entry;
    throw new CsiError('model-state', `${version} is ${entry.state}, must be ${states.join(' or ')} ${purpose}`);
  }

  #set(version: string, model: M, state: VersionState): void {
    this.#entries.set(version, { version, model, state, sinceMs: this.#clock() });
  }
}
