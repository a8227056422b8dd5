import type { BitString, BsMemory, CodecMemory, MemoryReference } from '@edge-csi/csi';
import type { CsiReport, Hint } from '@edge-csi/proto';
import type { ServedModel } from '../ops/model-catalog.ts';

/** What the BS remembers of one session, under the model that its latest report was made under. */
export class SessionMemory {
  readonly #remembers: boolean;
  #current: { readonly model: ServedModel; readonly of: BsMemory | undefined } | undefined;
  #lastHint = 0;

  /** @param remembers - whether its UE does, too */
  constructor(remembers: boolean) {
    this.#remembers = remembers;
  }

  /** The model that hints are of use under; undefined where there is none yet. */
  get model(): ServedModel | undefined {
    return this.#current?.of && this.#current.model;
  }

  /** What a report under a model refers to; undefined where that is not held. */
  find(model: ServedModel, reference: MemoryReference): CodecMemory | undefined {
    return this.#under(model)?.find(reference);
  }

  /** Notes a report that goes to be decoded. */
  received(model: ServedModel, seq: number, record: Uint8Array): void {
    this.#under(model)?.received(seq, record);
  }

  /** Notes what became of a report. */
  settled(seq: number, isDecoded: boolean): void {
    this.#current?.of?.settled(seq, isDecoded);
  }

  /**
   * Takes a hint for reports under a model.
   *
   * @returns what has to be sent; undefined where it is of no use any more, or says little that is new
   */
  hinted(model: ServedModel, { bytes }: BitString): Hint | undefined {
    if (this.#current?.model !== model || !this.#current.of?.hinted(this.#lastHint + 1, bytes)) return undefined;
    this.#lastHint++;
    return { number: this.#lastHint, modelId: model.ref.id, content: bytes };
  }

  #under(model: ServedModel): BsMemory | undefined {
    if (this.#current?.model !== model) {
      this.#current = { model, of: this.#remembers ? model.codec.createMemory?.() : undefined };
    }
    return this.#current.of;
  }
}

/** What a report refers to; undefined where it stands alone. */
export function referenceOf({ referenceSeq = 0, referenceHint = 0 }: CsiReport): MemoryReference | undefined {
  return referenceSeq === 0 && referenceHint === 0 ? undefined : { seq: referenceSeq, hint: referenceHint };
}
