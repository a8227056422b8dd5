import { type BitString, rateOf } from '@edge-csi/csi';
import {
  type CsiReport,
  decodeFrame,
  encodeFrame,
  type Hello,
  protocolVersion,
  type ReportOutcome,
  WireError,
} from '@edge-csi/proto';
import type { ReportWatch } from '../join/report-watch.ts';
import type { AcceptedReport } from '../join/uplink-join.ts';
import type { Connection, FrameHandler } from '../net/connection.ts';
import type { Limits } from '../net/limits.ts';
import { pairModel, type ServedModel } from '../ops/model-catalog.ts';
import type { ModelUser } from '../ops/model-control.ts';
import type { ModelTally } from '../ops/model-tally.ts';
import type { ModelVersions } from '../ops/model-versions.ts';
import type { Relief } from '../ops/overload-control.ts';
import type { RefusalReason, Tally } from '../ops/server-stats.ts';
import type { ReportOrigin, SettleReason } from '../queue/decode-job.ts';
import { ReportAnswers } from './report-answers.ts';
import { ReportGate, ReportRate } from './report-gate.ts';
import {
  type ConfigChange,
  changedConfig,
  firstConfig,
  relievedConfig,
  reportConfigOf,
  type SessionConfig,
} from './session-config.ts';
import { referenceOf, SessionMemory } from './session-memory.ts';
import type { UeRegistry } from './ue-registry.ts';

/** What UE sessions share. */
export interface UeSessionContext {
  readonly options: Parameters<typeof firstConfig>[1] & {
    readonly limits: Pick<Limits, 'helloTimeoutMs' | 'reportBurst'>;
    readonly slotMs: number;
    readonly deadlineMs: number;
    readonly clock: () => number;
  };
  /** `served` are the models that are served at present, the preferred one first. */
  readonly versions: Pick<ModelVersions<ServedModel>, 'served' | 'get' | 'isReady'>;
  /** Has the decoder of a version loaded. */
  readonly use: (version: string) => Promise<void>;
  readonly registry: UeRegistry<UeSession>;
  /** Hears who owes reports, and how often. */
  readonly watch: Pick<ReportWatch, 'join' | 'tell' | 'leave'>;
  /** `relief` is what overload asks of UEs at present. */
  readonly overload: { readonly relief: Relief };
  /** Takes reports that may be decoded. */
  readonly pipeline: { pushReport(report: AcceptedReport): void };
  readonly tally: Pick<Tally, 'received' | 'referring' | 'hints' | 'hintBits' | 'reasons'>;
  readonly modelTally: Pick<ModelTally, 'accept'>;
}

/** What a decoder has against a report, for people. */
const decoderFaults: { readonly [R in SettleReason]?: string } = {
  codeword: 'codeword has padding that is not zero, or is no path report',
  phase: 'phase is not as long as its codeword asks for, or has padding that is not zero',
  estimate: 'the decoded estimate is not finite',
};

/** One UE's connection: Hello and Welcome, then reports in and their outcomes out. */
export class UeSession implements FrameHandler, ReportOrigin, ModelUser<ServedModel> {
  readonly #connection: Connection;
  readonly #context: UeSessionContext;
  readonly #helloTimer: NodeJS.Timeout;
  readonly #answers: ReportAnswers;
  #ueId: string | undefined;
  /** Set once the UE is welcome. */
  #gate: ReportGate | undefined;
  /** Set with the gate. */
  #rate: ReportRate | undefined;
  #memory = new SessionMemory(false);

  constructor(connection: Connection, context: UeSessionContext) {
    this.#connection = connection;
    this.#answers = new ReportAnswers(connection);
    this.#context = context;
    const { helloTimeoutMs } = context.options.limits;
    this.#helloTimer = setTimeout(
      () => connection.reject(new WireError('timeout', `no Hello within ${helloTimeoutMs} ms`)),
      helloTimeoutMs,
    );
  }

  message(bytes: Uint8Array): void {
    const frame = decodeFrame(bytes);
    if (frame.kind === 'report' && this.#gate !== undefined) {
      this.#report(frame.value, this.#gate);
    } else if (frame.kind === 'hello' && this.#ueId === undefined) {
      clearTimeout(this.#helloTimer);
      this.#ueId = frame.value.ueId;
      void this.#hello(frame.value);
    } else {
      throw new WireError(
        'bad-frame',
        `${frame.kind} is not expected from a UE ${this.#gate === undefined ? 'before' : 'after'} Welcome`,
      );
    }
  }

  closed(): void {
    clearTimeout(this.#helloTimer);
    if (this.#ueId === undefined) return;
    const { registry, watch } = this.#context;
    if (registry.remove(this.#ueId, this)) watch.leave(this.#ueId);
  }

  /** What the UE is told to use; undefined before it is welcome. */
  get model(): ServedModel | undefined {
    return this.#gate?.config.model;
  }

  mayUse(version: string): boolean {
    return this.#gate?.mayUse(version) ?? false;
  }

  /** Tells the UE to use another served model, at the rate that new UEs are told. */
  follow(model: ServedModel): void {
    const own = model.codec.knobs.filter(({ perModel }) => perModel);
    this.reconfigure({ model: model.version, ...rateOf(own, this.#context.options) });
  }

  isAlive(timeoutMs: number): Promise<boolean> {
    return this.#connection.isAlive(timeoutMs);
  }

  terminate(): void {
    this.#connection.terminate();
  }

  settle(seq: number, outcome: ReportOutcome, reason: SettleReason): void {
    this.#memory.settled(seq, outcome === 'decoded');
    if (outcome === 'invalid') this.#answers.refuse(seq, decoderFaults[reason] ?? reason);
    else this.#answers.note(seq, outcome);
  }

  flush(): void {
    this.#answers.flush();
  }

  /**
   * Tells the UE what to report from now on.
   *
   * @throws RangeError naming a value out of bounds.
   */
  reconfigure(change: ConfigChange): SessionConfig {
    if (this.#gate === undefined || this.#ueId === undefined) {
      throw new RangeError(`UE ${this.#ueId} is not welcome yet`);
    }
    const { versions, overload } = this.#context;
    return this.#tell(
      this.#ueId,
      this.#gate,
      changedConfig(this.#gate.config, change, versions.served, overload.relief),
    );
  }

  /** Tells the UE what overload, or its end, asks of it. */
  relieve(relief: Relief): void {
    if (this.#gate === undefined || this.#ueId === undefined) return;
    const config = relievedConfig(this.#gate.config, relief);
    if (config !== this.#gate.config) this.#tell(this.#ueId, this.#gate, config);
  }

  /** The model under which hints are of use to the UE; undefined where there is none. */
  get hintModel(): ServedModel | undefined {
    return this.#memory.model;
  }

  /** Tells the UE what its downlink is likely made of, where that is news. */
  hint(model: ServedModel, content: BitString): void {
    const hint = this.#memory.hinted(model, content);
    if (hint === undefined) return;
    const { hints, hintBits } = this.#context.tally;
    hints.add();
    hintBits.add(content.bitLength);
    this.#connection.send(encodeFrame('hint', hint));
  }

  async #hello(hello: Hello): Promise<void> {
    const { options, versions, registry, watch, overload } = this.#context;
    const { slotMs, limits, clock } = options;
    try {
      if (hello.protocol !== protocolVersion) {
        throw new WireError('protocol-version', `protocol is ${hello.protocol}, this server speaks ${protocolVersion}`);
      }
      this.#assertOwn(hello);
      // A UE that fits no model takes nobody's place.
      pairModel(versions.served, hello.models);
      const epoch = await registry.register(hello.ueId, this);
      const model = await this.#pair(hello);
      if (!this.#connection.open) {
        registry.remove(hello.ueId, this);
        return;
      }
      const config = firstConfig(model, options, overload.relief);
      const { remembers = false } = hello;
      this.#memory = new SessionMemory(remembers);
      this.#gate = new ReportGate(epoch, config, this.#memory);
      this.#rate = new ReportRate(slotMs, limits.reportBurst, config.reportPeriodSlots, clock());
      watch.join(hello.ueId, epoch, config.reportPeriodSlots);
      this.#connection.send(encodeFrame('welcome', { epoch, config: reportConfigOf(config), remembers }));
    } catch (error) {
      this.#connection.fail(error);
    }
  }

  /** The model for a UE, once its decoder is loaded. What is served may change meanwhile. */
  async #pair({ models }: Hello): Promise<ServedModel> {
    const { versions, use } = this.#context;
    for (;;) {
      const model = pairModel(versions.served, models);
      const { version } = model;
      if (versions.isReady(version)) return model;
      await use(version).catch((error: Error) => {
        // One that cannot be loaded is not served any more; whether another fits is seen next.
        if (versions.get(version) === undefined) return;
        throw new WireError('overload', `the decoder of ${version} is not loaded: ${error.message}`, { cause: error });
      });
    }
  }

  #tell(ueId: string, gate: ReportGate, config: SessionConfig): SessionConfig {
    gate.tell(config);
    this.#context.watch.tell(ueId, config.reportPeriodSlots);
    this.#rate?.tell(gate.shortestPeriodSlots, this.#context.options.clock());
    this.#connection.send(encodeFrame('reconfigure', { config: reportConfigOf(config) }));
    return config;
  }

  /** A token is for one UE; where Hello repeats it, it must be the one the connection was opened with. */
  #assertOwn({ ueId, token }: Hello): void {
    const { access } = this.#connection;
    if (access === undefined) return;
    if (ueId !== access.ueId) throw new WireError('unauthorized', `the token is not for UE ${ueId}`);
    if (token !== '' && token !== access.token) {
      throw new WireError('unauthorized', 'Hello names another token than the request');
    }
  }

  #report(report: CsiReport, gate: ReportGate): void {
    const { options, pipeline, tally, modelTally } = this.#context;
    const receivedMs = options.clock();
    tally.received.add();
    if (referenceOf(report) !== undefined) tally.referring.add();
    const rate = this.#rate?.check(receivedMs);
    if (rate !== 'admitted') {
      const message = `rate-limited: the period is ${gate.config.reportPeriodSlots} slots`;
      this.#turnAway(report.seq, 'rate-limited', message);
      if (rate === 'abusive') throw new WireError('overload', `${message}, and reports go on coming much faster`);
      return;
    }
    const admission = gate.admit(report);
    if ('fault' in admission) {
      this.#turnAway(report.seq, admission.fault, admission.message);
      return;
    }
    this.#rate?.tell(gate.shortestPeriodSlots, receivedMs);
    const { record } = admission;
    const { model, reportPeriodSlots } = admission.config;
    const { usesUplink, paths } = model.codec;
    modelTally.accept(model.version);
    pipeline.pushReport({
      ueId: this.#ueId as string,
      epoch: report.epoch,
      seq: report.seq,
      slot: report.slot,
      model: model.version,
      modelId: report.modelId,
      shape: model.shape,
      periodSlots: reportPeriodSlots,
      usesUplink,
      record,
      readPaths: paths && (() => paths.read(record)),
      payloadBits: report.payloadBits,
      receivedMs,
      arrivalAgeMs: report.processingUs / 1000,
      deadlineMs: receivedMs + options.deadlineMs,
      origin: this,
    });
  }

  #turnAway(seq: number, reason: RefusalReason, message: string): void {
    this.#context.tally.reasons.add(`invalid/${reason}`);
    this.#answers.refuse(seq, message);
    this.#answers.flush();
  }
}
