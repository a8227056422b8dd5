import type { ReportConfig, ReportSizes } from '@edge-csi/proto';
import * as v from 'valibot';
import { checked, integerIn, optionsOf, text } from '../ops/check.ts';
import { findModel, maxPhaseBits, type ServedModel } from '../ops/model-catalog.ts';
import type { Relief } from '../ops/overload-control.ts';

/** What a UE can be told to report. */
interface Terms {
  readonly model: ServedModel;
  readonly reportPeriodSlots: number;
  readonly codewordTruncation: number;
  readonly phaseTheta: number;
}

/** What one UE is told to report, under one revision. */
export interface SessionConfig extends Terms {
  readonly revision: number;
  /** What it would be told without overload. */
  readonly asked: Terms;
  /** Lengths every report under this configuration must have. */
  readonly sizes: ReportSizes;
}

const longestPeriodSlots = 320;
const mostTruncation = 7;
const largestTheta = 2 ** 24;

/** Rate of a UE's reports, in time and in bits, as the wire can say it. */
export const reportTerms = {
  reportPeriodSlots: integerIn(1, longestPeriodSlots),
  /** Bits every codeword component drops. */
  codewordTruncation: integerIn(0, mostTruncation),
  phaseTheta: integerIn(1, largestTheta),
};

const changeSchema = optionsOf({
  /** Id of a served model, or the name of one of its versions. */
  model: v.optional(text),
  reportPeriodSlots: v.optional(reportTerms.reportPeriodSlots),
  codewordTruncation: v.optional(reportTerms.codewordTruncation),
  /** The model's own where a change of model leaves it out. */
  phaseTheta: v.optional(reportTerms.phaseTheta),
});

/** What of a configuration can be set. */
export type ConfigChange = Readonly<v.InferInput<typeof changeSchema>>;

/** The first configuration of a session. */
export function firstConfig(
  model: ServedModel,
  defaults: { reportPeriodSlots: number; codewordTruncation: number; phaseTheta?: number | undefined },
  relief: Relief,
): SessionConfig {
  const { reportPeriodSlots, codewordTruncation, phaseTheta = model.manifest.phase.theta } = defaults;
  return configOf(1, { model, reportPeriodSlots, codewordTruncation, phaseTheta }, relief);
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
  const { reportPeriodSlots = asked.reportPeriodSlots, codewordTruncation = asked.codewordTruncation } = given;
  const { phaseTheta = model === asked.model ? asked.phaseTheta : model.manifest.phase.theta } = given;
  return configOf(revision + 1, { model, reportPeriodSlots, codewordTruncation, phaseTheta }, relief);
}

/** The next configuration of a session under another relief, or the same one where that changes nothing for its UE. */
export function relievedConfig(config: SessionConfig, relief: Relief): SessionConfig {
  const next = configOf(config.revision + 1, config.asked, relief);
  const same =
    next.reportPeriodSlots === config.reportPeriodSlots &&
    next.codewordTruncation === config.codewordTruncation &&
    next.phaseTheta === config.phaseTheta;
  return same ? config : next;
}

/** The configuration as it goes over the wire. */
export function reportConfigOf(config: SessionConfig): ReportConfig {
  const { revision, model, reportPeriodSlots, codewordTruncation, phaseTheta } = config;
  return { revision, model: model.ref, modelUrl: model.url, reportPeriodSlots, codewordTruncation, phaseTheta };
}

function configOf(revision: number, asked: Terms, relief: Relief): SessionConfig {
  const { model } = asked;
  const codewordTruncation = Math.min(asked.codewordTruncation + relief.extraTruncation, mostTruncation);
  const { totalBits } = model.bundle.quantizer.withTruncation(codewordTruncation);
  const { scaleBits } = model.bundle.representation;
  return {
    revision,
    asked,
    model,
    reportPeriodSlots: Math.min(asked.reportPeriodSlots * relief.periodFactor, longestPeriodSlots),
    codewordTruncation,
    phaseTheta: Math.min(asked.phaseTheta * 2 ** relief.thetaDoublings, largestTheta),
    sizes: { codewordBits: totalBits, scaleBits, maxPhaseBits: maxPhaseBits(model) },
  };
}
