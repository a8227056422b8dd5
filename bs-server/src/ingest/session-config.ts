import type { ReportConfig, ReportSizes } from '@edge-csi/proto';
import { findModel, maxPhaseBits, type ServedModel } from '../ops/model-catalog.ts';
import type { Relief } from '../ops/overload-policy.ts';

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

/** What of a configuration can be set. */
export interface ConfigChange {
  /** Id of a served model, or the name of one of its versions. */
  readonly model?: string;
  /** 1..320. */
  readonly reportPeriodSlots?: number;
  /** 0..7. */
  readonly codewordTruncation?: number;
  /** 1..2^24; the model's own where a change of model leaves it out. */
  readonly phaseTheta?: number;
}

const longestPeriodSlots = 320;
const mostTruncation = 7;
const largestTheta = 2 ** 24;

/** The first configuration of a session. */
export function firstConfig(
  model: ServedModel,
  defaults: { reportPeriodSlots: number; codewordTruncation: number; phaseTheta: number | undefined },
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
  const model = change.model === undefined ? asked.model : findModel(served, change.model);
  if (model === undefined) {
    throw new RangeError(`model is ${change.model}, served are ${served.map(({ version }) => version).join(', ')}`);
  }
  const ownTheta = model === asked.model ? asked.phaseTheta : model.manifest.phase.theta;
  const period = change.reportPeriodSlots ?? asked.reportPeriodSlots;
  const truncation = change.codewordTruncation ?? asked.codewordTruncation;
  const next = {
    model,
    reportPeriodSlots: within('reportPeriodSlots', period, 1, longestPeriodSlots),
    codewordTruncation: within('codewordTruncation', truncation, 0, mostTruncation),
    phaseTheta: within('phaseTheta', change.phaseTheta ?? ownTheta, 1, largestTheta),
  };
  return configOf(revision + 1, next, relief);
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

function within(name: string, value: number, min: number, max: number): number {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new RangeError(`${name} is ${value}, must be an integer in ${min}..${max}`);
  }
  return value;
}
