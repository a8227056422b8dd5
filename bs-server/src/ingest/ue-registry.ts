import { WireError } from '@edge-csi/proto';

/** What the registry needs of a session. */
interface Registered {
  isAlive(timeoutMs: number): Promise<boolean>;
  terminate(): void;
}

/** How long a silent older connection of a UE has to answer before a newer one replaces it. */
const takeoverTimeoutMs = 1_000;

/** The UEs with a session, by id. */
export class UeRegistry<S extends Registered> {
  readonly #sessions = new Map<string, S>();
  #lastEpoch: number;

  /** @param lastEpoch - where epochs go on from; a random one makes those of an earlier server unlikely to come again */
  constructor(lastEpoch: number) {
    this.#lastEpoch = lastEpoch;
  }

  /** UEs with a session. */
  get size(): number {
    return this.#sessions.size;
  }

  [Symbol.iterator](): IterableIterator<S> {
    return this.#sessions.values();
  }

  get(ueId: string): S | undefined {
    return this.#sessions.get(ueId);
  }

  /**
   * Registers a session under a UE id. An id whose connection still answers is taken; one whose connection is dead, as
   * after a UE has lost power or its address, goes to the newcomer.
   *
   * @returns the epoch of the session, never 0
   * @throws WireError `duplicate-ue`
   */
  async register(ueId: string, session: S): Promise<number> {
    const holder = this.#sessions.get(ueId);
    if (holder !== undefined && (await holder.isAlive(takeoverTimeoutMs))) throw duplicate(ueId);
    // Another newcomer may have been faster.
    const now = this.#sessions.get(ueId);
    if (now !== undefined && now !== holder) throw duplicate(ueId);
    holder?.terminate();
    this.#sessions.set(ueId, session);
    this.#lastEpoch = (this.#lastEpoch % (2 ** 32 - 1)) + 1;
    return this.#lastEpoch;
  }

  /**
   * Forgets a session.
   *
   * @returns false where it has been replaced, and is no longer its UE's
   */
  remove(ueId: string, session: S): boolean {
    return this.#sessions.get(ueId) === session && this.#sessions.delete(ueId);
  }
}

function duplicate(ueId: string): WireError {
  return new WireError('duplicate-ue', `UE ${ueId} is connected already`);
}
