import { Counter, Gauge, Histogram, Registry } from 'prom-client';

export { Registry };

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number];

/** One figure of a server, declared once: what it is called in /metrics, and what `stats()` says of it. */
export interface Meter<T> {
  readonly kind: 'counter' | 'gauge';
  /** Of /metrics, without the prefix; undefined for a figure that is not there. */
  readonly name: string | undefined;
  readonly help: string;
  readonly labelNames: readonly string[];
  /** As `stats()` has it. */
  readonly value: T;
  /** As /metrics has it. */
  samples(): Iterable<Sample>;
}

/** A number that only grows, counted here. */
export class Count implements Meter<number> {
  readonly kind = 'counter';
  readonly name: string | undefined;
  readonly help: string;
  readonly #labels: Labels;
  #value = 0;

  /** @param labels - what tells it from other counts of its name */
  constructor(name?: string, help = '', labels: Labels = {}) {
    this.name = name;
    this.help = help;
    this.#labels = labels;
  }

  get labelNames(): readonly string[] {
    return Object.keys(this.#labels);
  }

  get value(): number {
    return this.#value;
  }

  add(amount = 1): void {
    this.#value += amount;
  }

  samples(): Iterable<Sample> {
    return [[this.#labels, this.#value]];
  }
}

/** Numbers that only grow, by the values of labels: `overload`, or `invalid/seq` of two. */
export class CountBy<K extends string = string> implements Meter<Readonly<Record<string, number>>> {
  readonly kind = 'counter';
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
  readonly #counts = new Map<K, number>();

  constructor(name: string, help: string, ...labelNames: readonly string[]) {
    this.name = name;
    this.help = help;
    this.labelNames = labelNames;
  }

  get value(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }

  /** @param amount - 0 to have the key from now on */
  add(key: K, amount = 1): void {
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + amount);
  }

  /** Sum over all keys that have these values of their first labels. */
  sum(values: string): number {
    let sum = 0;
    for (const [key, count] of this.#counts) if (key === values || key.startsWith(`${values}/`)) sum += count;
    return sum;
  }

  *samples(): Iterable<Sample> {
    for (const [key, count] of this.#counts) {
      const values = key.split('/');
      yield [Object.fromEntries(this.labelNames.map((name, i) => [name, values[i] ?? ''])), count];
    }
  }
}

/** A counter that somebody else counts. */
export function counterOf(name: string, help: string, labels: Labels, read: () => number): Meter<number> {
  return reading('counter', name, help, labels, read);
}

/** A figure that goes up and down, read where it lives. */
export function gauge(name: string, help: string, read: () => number): Meter<number> {
  return reading('gauge', name, help, {}, read);
}

/** Figures that come and go, by the values of labels; in /metrics only. */
export function gaugesBy(
  name: string,
  help: string,
  labelNames: readonly string[],
  samples: () => Iterable<Sample>,
): Meter<undefined> {
  return { kind: 'gauge', name, help, labelNames, value: undefined, samples };
}

function reading(kind: Meter<number>['kind'], name: string, help: string, labels: Labels, read: () => number) {
  return {
    kind,
    name,
    help,
    labelNames: Object.keys(labels),
    get value() {
      return read();
    },
    samples: (): Iterable<Sample> => [[labels, read()]],
  };
}

/** Meters, and figures that are derived from them, in the shape that `stats()` has. */
export interface Meters {
  readonly [name: string]: Meter<unknown> | (() => number) | Meters;
}

/** What `stats()` says of meters. */
export type StatsOf<M> = {
  readonly [K in keyof M]: M[K] extends () => infer T ? T : M[K] extends Meter<infer T> ? T : StatsOf<M[K]>;
};

/** A snapshot of meters. */
export function statsOf<M extends Meters>(meters: M): StatsOf<M> {
  const entries = Object.entries(meters).map(([name, meter]) => {
    if (typeof meter === 'function') return [name, meter()];
    return [name, isMeter(meter) ? meter.value : statsOf(meter)];
  });
  return Object.fromEntries(entries);
}

/** Registers meters under a prefix. Those of one name are one metric, and its labels tell them apart. */
export function registerMeters(registry: Registry, prefix: string, meters: Meters): void {
  const all = metersIn(meters);
  const byName = new Map(all.map((meter) => [meter.name, meter]));
  for (const [name, { kind, help, labelNames }] of byName) {
    if (name === undefined) continue;
    const metric = { name: `${prefix}_${name}`, help, labelNames: [...labelNames], registers: [registry] };
    const samples = () => all.filter((meter) => meter.name === name).flatMap((meter) => [...meter.samples()]);
    if (kind === 'gauge') {
      new Gauge({
        ...metric,
        collect() {
          this.reset();
          for (const [labels, value] of samples()) this.set(labels, value);
        },
      });
    } else {
      new Counter({
        ...metric,
        collect() {
          this.reset();
          for (const [labels, value] of samples()) this.inc(labels, value);
        },
      });
    }
  }
}

/** Upper bounds in ms from well under a batch's decoding to past any deadline. */
const msBuckets = [0.5, 1, 2, 3, 5, 7.5, 10, 15, 20, 30, 50, 75, 100, 200, 500];

/** Registers a distribution; of times in ms where no upper bounds are given. */
export function histogram(registry: Registry, name: string, help: string, buckets = msBuckets): Histogram {
  return new Histogram({ name, help, buckets, registers: [registry] });
}

function metersIn(meters: Meters): Meter<unknown>[] {
  return Object.values(meters).flatMap((meter) => {
    if (typeof meter === 'function') return [];
    return isMeter(meter) ? [meter] : metersIn(meter);
  });
}

function isMeter(meter: Meter<unknown> | Meters): meter is Meter<unknown> {
  return 'samples' in meter && typeof meter.samples === 'function' && 'labelNames' in meter;
}
