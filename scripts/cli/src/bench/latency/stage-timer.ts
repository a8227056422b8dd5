import { type LatencySummary, summarizeLatency } from '@edge-csi/lab/metrics';

/**
 * Time that reports spend in each of some stages. A stage inside another is not counted as the outer one's, so that the stages
 * of a report add up to its whole time. One report at a time.
 */
export class StageTimer<Stage extends string> {
  readonly #stages: readonly Stage[];
  readonly #nowMs: () => number;
  readonly #reports: Record<Stage, number[]>;
  /** Of the report under way. */
  readonly #spentMs = new Map<Stage, number>();
  /** Time that the stages inside each open stage took, outermost first. */
  readonly #insideMs: number[] = [];

  /** @param nowMs - the clock */
  constructor(stages: readonly Stage[], nowMs: () => number) {
    this.#stages = stages;
    this.#nowMs = nowMs;
    this.#reports = this.#byStage(() => []);
  }

  /** Runs something as a stage. */
  run<T>(stage: Stage, work: () => T): T {
    const startMs = this.#enter();
    try {
      return work();
    } finally {
      this.#leave(stage, startMs);
    }
  }

  /** Awaits something as a stage. */
  async await<T>(stage: Stage, work: () => Promise<T>): Promise<T> {
    const startMs = this.#enter();
    try {
      return await work();
    } finally {
      this.#leave(stage, startMs);
    }
  }

  /** Counts what was timed since the last call as one report. */
  endReport(): void {
    for (const stage of this.#stages) this.#reports[stage].push(this.#spentMs.get(stage) ?? 0);
    this.#spentMs.clear();
  }

  /** Forgets what was timed since the last report ended. */
  discard(): void {
    this.#spentMs.clear();
  }

  /** By stage, over the reports. */
  summary(): Record<Stage, LatencySummary> {
    return this.#byStage((stage) => summarizeLatency(this.#reports[stage]));
  }

  /** Of the stages of each report together. */
  total(): LatencySummary {
    const [first] = this.#stages;
    const count = first === undefined ? 0 : this.#reports[first].length;
    const totals = Array.from({ length: count }, (_, report) =>
      this.#stages.reduce((sum, stage) => sum + (this.#reports[stage][report] as number), 0),
    );
    return summarizeLatency(totals);
  }

  #enter(): number {
    this.#insideMs.push(0);
    return this.#nowMs();
  }

  #leave(stage: Stage, startMs: number): void {
    const tookMs = this.#nowMs() - startMs;
    const insideMs = this.#insideMs.pop() ?? 0;
    this.#spentMs.set(stage, (this.#spentMs.get(stage) ?? 0) + tookMs - insideMs);
    const outer = this.#insideMs.length - 1;
    if (outer >= 0) this.#insideMs[outer] = (this.#insideMs[outer] as number) + tookMs;
  }

  #byStage<T>(value: (stage: Stage) => T): Record<Stage, T> {
    return Object.fromEntries(this.#stages.map((stage) => [stage, value(stage)])) as Record<Stage, T>;
  }
}

/** An object whose named, synchronous methods are timed as stages, and which is otherwise the same. */
export function timedMethods<T extends object, Stage extends string>(
  target: T,
  stages: Readonly<Partial<Record<keyof T, Stage>>>,
  timer: StageTimer<Stage>,
): T {
  return new Proxy(target, {
    get: (object, key) => {
      // Methods may use private fields, which a proxy does not have.
      const value: unknown = Reflect.get(object, key, object);
      if (typeof value !== 'function') return value;
      const stage = stages[key as keyof T];
      if (stage === undefined) return (...args: unknown[]) => Reflect.apply(value, object, args) as unknown;
      return (...args: unknown[]) => timer.run(stage, () => Reflect.apply(value, object, args) as unknown);
    },
  });
}
