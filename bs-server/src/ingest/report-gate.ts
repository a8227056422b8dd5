import { CsiError } from '@edge-csi/csi';
import type { CsiReport } from '@edge-csi/proto';
import { TokenBucket } from '../net/limits.ts';
import type { RefusalReason } from '../ops/server-stats.ts';
import type { SessionConfig } from './session-config.ts';
import { referenceOf, type SessionMemory } from './session-memory.ts';

/** A report that may be decoded, with the configuration it was made under and its record, or what is wrong with it. */
export type Admission =
  | { readonly config: SessionConfig; readonly record: Uint8Array }
  | { readonly fault: Exclude<RefusalReason, 'rate-limited'>; readonly message: string };

/** Configurations a session remembers: reports made under an older one may still be on their way. */
const rememberedConfigs = 8;

/** What a session has told its UE, and with that, which of its reports may be decoded. */
export class ReportGate {
  readonly #epoch: number;
  /** Newest last. */
  readonly #told: SessionConfig[];
  readonly #memory: SessionMemory;
  #lastSeq = 0;

  /** @param memory - what reports may refer to */
  constructor(epoch: number, first: SessionConfig, memory: SessionMemory) {
    this.#epoch = epoch;
    this.#told = [first];
    this.#memory = memory;
  }

  /** The configuration in force. */
  get config(): SessionConfig {
    return this.#told[this.#told.length - 1] as SessionConfig;
  }

  /** Adds a configuration that the UE has been told. */
  tell(config: SessionConfig): void {
    this.#told.push(config);
    if (this.#told.length > rememberedConfigs) this.#told.shift();
  }

  /** Period of the fastest configuration that reports may still come under: a UE may not have heard of a slower one yet. */
  get shortestPeriodSlots(): number {
    return Math.min(...this.#told.map(({ reportPeriodSlots }) => reportPeriodSlots));
  }

  /** True where a report coded with that model version may still come and would be admitted. */
  mayUse(version: string): boolean {
    return this.#told.some(({ model }) => model.version === version);
  }

  /**
   * Decides on one report. A sequence number counts as used whatever else is wrong with its report. Reports come
   * in the order they are made: once one is made under a configuration, none under an older one is admitted.
   */
  admit(report: CsiReport): Admission {
    const { epoch, seq, revision, modelId } = report;
    if (epoch !== this.#epoch)
      return { fault: 'epoch', message: `epoch is ${epoch}, this session's is ${this.#epoch}` };
    if (seq <= this.#lastSeq) return { fault: 'seq', message: `seq is ${seq}, must be above ${this.#lastSeq}` };
    this.#lastSeq = seq;
    const at = this.#told.findIndex((told) => told.revision === revision);
    const config = this.#told[at];
    if (config === undefined) {
      return { fault: 'revision', message: `revision is ${revision}, in force is ${this.config.revision}` };
    }
    this.#told.splice(0, at);
    const { id } = config.model.ref;
    if (modelId !== id)
      return { fault: 'model', message: `modelId is ${modelId}, revision ${revision} asks for ${id}` };
    const reference = referenceOf(report);
    const memory = reference && this.#memory.find(config.model, reference);
    if (reference !== undefined && memory === undefined) {
      const held = `report ${reference.seq} and hint ${reference.hint}, which are not held`;
      return { fault: 'reference', message: `refers to ${held}; the next one must refer to nothing as old` };
    }
    try {
      const record = config.model.codec.receive(report, config.rate, memory);
      this.#memory.received(config.model, seq, record);
      return { config, record };
    } catch (error) {
      if (error instanceof CsiError) return { fault: 'size', message: `report.${error.message}` };
      throw error;
    }
  }
}

/** How much more often than its period a UE may report: clocks differ, and slots of a coarser grid bunch up. */
const rateFactor = 2;

/**
 * Holds a UE to its report period.
 *
 * Reports beyond it are refused one by one; where they come faster than the period allows twice over, for longer than a
 * burst, the UE is not late but wrong.
 */
export class ReportRate {
  readonly #slotMs: number;
  readonly #reports: TokenBucket;
  readonly #refusals: TokenBucket;

  constructor(slotMs: number, burst: number, periodSlots: number, nowMs: number) {
    this.#slotMs = slotMs;
    const perSecond = this.#perSecond(periodSlots);
    this.#reports = new TokenBucket(perSecond, burst, nowMs);
    this.#refusals = new TokenBucket(perSecond, burst, nowMs);
  }

  /** Another period is the shortest the UE may keep to. */
  tell(periodSlots: number, nowMs: number): void {
    const perSecond = this.#perSecond(periodSlots);
    this.#reports.setRate(perSecond, nowMs);
    this.#refusals.setRate(perSecond, nowMs);
  }

  /** Counts one report. */
  check(nowMs: number): 'admitted' | 'refused' | 'abusive' {
    if (this.#reports.take(nowMs)) return 'admitted';
    return this.#refusals.take(nowMs) ? 'refused' : 'abusive';
  }

  #perSecond(periodSlots: number): number {
    return (rateFactor * 1000) / (periodSlots * this.#slotMs);
  }
}
