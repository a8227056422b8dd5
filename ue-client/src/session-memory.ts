import { type CodecMemory, CsiError, type Payload, type UeMemory } from '@edge-csi/csi';
import type { Hint, ReportOutcome } from '@edge-csi/proto';
import type { ActiveModel } from './model-slot.ts';

/** What the UE remembers of one session, under the model of its latest report. */
export class SessionMemory {
  readonly #remembers: boolean;
  #current: { readonly model: ActiveModel; readonly of: UeMemory | undefined } | undefined;

  /** @param remembers - whether the BS does, too */
  constructor(remembers: boolean) {
    this.#remembers = remembers;
  }

  /** What the next report, which is made under a model, may refer to. */
  recall(model: ActiveModel): CodecMemory | undefined {
    if (this.#current?.model !== model) {
      this.#current = { model, of: this.#remembers ? model.reports.createMemory?.() : undefined };
    }
    return this.#current.of?.recall();
  }

  sent(seq: number, payload: Payload): void {
    this.#current?.of?.sent(seq, payload);
  }

  answered(seq: number, outcome: ReportOutcome | 'lost'): void {
    this.#current?.of?.answered(seq, outcome);
  }

  /** Takes a hint for its model; where another is in force by now, a hint for that will come. */
  hinted({ number, modelId, content }: Hint): void {
    if (this.#current?.model.bundle.manifest.id !== modelId) return;
    try {
      this.#current.of?.hinted(number, content);
    } catch (error) {
      // Of another version of the model, sent before this one came into force.
      if (!(error instanceof CsiError)) throw error;
    }
  }
}
