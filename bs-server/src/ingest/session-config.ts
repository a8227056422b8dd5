import { coarserRate, knobBounds, type Rate, rateOf } from '@edge-csi/csi';
import type { ReportConfig } from '@edge-csi/proto';
import * as v from 'valibot';
import { checked, integerIn, optionsOf, text } from '../ops/check.ts';
import { findModel, type ServedModel } from '../ops/model-catalog.ts';
import type { Relief } from '../ops/overload-control.ts';

/** What a UE can be told to report. */
interface Terms {
  readonly model: ServedModel;
  readonly reportPeriodSlots: number;
  /** Of the model's codec. */
  readonly rate: Rate;
}

/** What one UE is told to report, under one revision. */
export interface SessionConfig extends Terms {
  readonly revision: number;
  /** What it would be told without overload. */
  readonly asked: Terms;
}

const longestPeriodSlots = 320;

type Knob = keyof typeof knobBounds;

const knobs = Object.entries(knobBounds).map(([name, { min, max }]) => [name, integerIn(min, max)] as const);

/** Rate of a UE's reports, in time and in bits, as the wire can say it. */
export const reportTerms = {
  reportPeriodSlots: integerIn(1, longestPeriodSlots),
  ...(Object.fromEntries(knobs) as Record<Knob, ReturnType<typeof integerIn>>),
};

const { reportPeriodSlots, ...rateTerms } = v.partial(v.object(reportTerms)).entries;

const changeSchema = optionsOf({
  /** Id of a served model, or the name of one of its versions. */
  model: v.optional(text),
  reportPeriodSlots,
  // The model's own where a change of model leaves it out.
  ...rateTerms,
});

/** What of a configuration can be set. */
export type ConfigChange = Readonly<v.InferInput<typeof changeSchema>>;

/** The first configuration of a session. */
export function firstConfig(
  model: ServedModel,
  defaults: Partial<Record<Knob, number | undefined>> & { readonly reportPeriodSlots: number },
  relief: Relief,
): SessionConfig {
  const { reportPeriodSlots } = defaults;
  return configOf(1, { model, reportPeriodSlots, rate: rateOf(model.codec.knobs, defaults) }, relief);
}

/**
 * The next configuration of a session.
 *
 * @throws RangeError naming a value out of bounds or a model that is not served.
 */
export function changedConfig(
  { revision, asked }: SessionConfig,
  change: ConfigChange,
  served: readonly ServedModel[],
  relief: Relief,
): SessionConfig {
  const given = checked(changeSchema, change);
  const model = given.model === undefined ? asked.model : findModel(served, given.model);
  if (model === undefined) {
    throw new RangeError(`model is ${given.model}, served are ${served.map(({ version }) => version).join(', ')}`);
  }
  const { reportPeriodSlots = asked.reportPeriodSlots } = given;
  // A knob in units of the model that is left says nothing of the one that comes.
  const kept = model.codec.knobs.filter(({ perModel }) => model === asked.model || !perModel);
  const rate = rateOf(model.codec.knobs, given, rateOf(kept, asked.rate));
  return configOf(revision + 1, { model, reportPeriodSlots, rate }, relief);
}

/** The next configuration of a session under another relief, or the same one where that changes nothing for its UE. */
export function relievedConfig(config: SessionConfig, relief: Relief): SessionConfig {
  const next = configOf(config.revision + 1, config.asked, relief);
  const same =
    next.reportPeriodSlots === config.reportPeriodSlots &&
    Object.entries(next.rate).every(([name, value]) => config.rate[name] === value);
  return same ? config : next;
}

/** The configuration as it goes over the wire, which wants every knob: one that a codec does not have, at its least. */
export function reportConfigOf({ revision, model, reportPeriodSlots, rate }: SessionConfig): ReportConfig {
  const { codewordTruncation = 0, phaseTheta = 1, maxPayloadBits = 0, bitPriceTenthDb = 0 } = rate;
  return {
    revision,
    model: model.ref,
    modelUrl: model.url,
    reportPeriodSlots,
    codewordTruncation,
    phaseTheta,
    maxPayloadBits,
    bitPriceTenthDb,
  };
}

function configOf(revision: number, asked: Terms, relief: Relief): SessionConfig {
  const { model } = asked;
  return {
    revision,
    asked,
    model,
    reportPeriodSlots: Math.min(asked.reportPeriodSlots * relief.periodFactor, longestPeriodSlots),
    rate: coarserRate(model.codec.knobs, asked.rate, relief.rateSteps),
  };
}
