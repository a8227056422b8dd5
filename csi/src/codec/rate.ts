/** Rate knobs by name, as the report configuration of the wire carries them. A knob left out stands at its default. */
export type Rate = Readonly<Record<string, number>>;

/** One number that a BS may turn at run time to have more or fewer bits in a report. */
export interface RateKnob {
  /** Its name in the report configuration of the wire. */
  readonly name: string;
  /** Whole numbers from `min` to `max`. */
  readonly min: number;
  readonly max: number;
  readonly default: number;
  /** Whether its unit is the model's own, so that a value set under one model means nothing under another. */
  readonly perModel: boolean;
  /** A value that costs fewer bits, `steps` times over; the caller keeps it within `max`. */
  coarser(value: number, steps: number): number;
}

/**
 * The values of some knobs among other fields: of a report configuration, or of options.
 *
 * @param otherwise - of knobs that the fields leave out; their defaults, where it does too
 */
export function rateOf(knobs: readonly RateKnob[], fields: object, otherwise: Rate = {}): Rate {
  const values = fields as Partial<Rate>;
  return Object.fromEntries(
    knobs.map((knob) => [knob.name, values[knob.name] ?? otherwise[knob.name] ?? knob.default]),
  );
}

/** @throws RangeError naming the knob that is out of range. */
export function checkRate(knobs: readonly RateKnob[], rate: Rate): void {
  for (const { name, min, max } of knobs) {
    const value = rate[name];
    if (value === undefined || (Number.isInteger(value) && value >= min && value <= max)) continue;
    throw new RangeError(`${name} is ${value}, must be an integer in ${min}..${max}`);
  }
}

/** The rate with every knob turned `steps` towards fewer bits, as far as it goes: what overload asks for. */
export function coarserRate(knobs: readonly RateKnob[], rate: Rate, steps: number): Rate {
  return Object.fromEntries(
    knobs.map(({ name, max, default: standard, coarser }) => [
      name,
      Math.min(coarser(rate[name] ?? standard, steps), max),
    ]),
  );
}
