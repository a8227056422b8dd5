import type { ReportConfig, ReportSizes } from '@edge-csi/proto';
import { maxPhaseBits, type ServedModel } from '../model-catalog.ts';

/** What one UE is told to report, under one revision. */
export interface SessionConfig {
  readonly revision: number;
  readonly model: ServedModel;
  readonly reportPeriodSlots: number;
  readonly codewordTruncation: number;
  readonly phaseTheta: number;
  /** Lengths every report under this configuration must have. */
  readonly sizes: ReportSizes;
}

/** What of a configuration can be set. */
export interface ConfigChange {
  /** Id of a served model. */
  readonly model?: string;
  /** 1..320. */
  readonly reportPeriodSlots?: number;
  /** 0..7. */
  readonly codewordTruncation?: number;
  /** 1..2^24; the model's own where a change of model leaves it out. */
  readonly phaseTheta?: number;
}

/** The first configuration of a session. */
export function firstConfig(
  model: ServedModel,
  defaults: { reportPeriodSlots: number; codewordTruncation: number; phaseTheta: number | undefined },
): SessionConfig {
  return withSizes({
    revision: 1,
    model,
    reportPeriodSlots: defaults.reportPeriodSlots,
    codewordTruncation: defaults.codewordTruncation,
    phaseTheta: defaults.phaseTheta ?? model.manifest.phase.theta,
  });
}

/**
 * The next configuration of a session.
 *
 * @throws RangeError naming a value out of bounds or a model that is not served.
 */
export function changedConfig(
  current: SessionConfig,
  change: ConfigChange,
  served: readonly ServedModel[],
): SessionConfig {
  const model = change.model === undefined ? current.model : served.find(({ ref }) => ref.id === change.model);
  if (model === undefined) {
    throw new RangeError(`model is ${change.model}, served are ${served.map(({ ref }) => ref.id).join(', ')}`);
  }
  const ownTheta = model === current.model ? current.phaseTheta : model.manifest.phase.theta;
  return withSizes({
    revision: current.revision + 1,
    model,
    reportPeriodSlots: within('reportPeriodSlots', change.reportPeriodSlots ?? current.reportPeriodSlots, 1, 320),
    codewordTruncation: within('codewordTruncation', change.codewordTruncation ?? current.codewordTruncation, 0, 7),
    phaseTheta: within('phaseTheta', change.phaseTheta ?? ownTheta, 1, 2 ** 24),
  });
}

/** The configuration as it goes over the wire. */
export function reportConfigOf(config: SessionConfig): ReportConfig {
  const { revision, model, reportPeriodSlots, codewordTruncation, phaseTheta } = config;
  return { revision, model: model.ref, modelUrl: model.url, reportPeriodSlots, codewordTruncation, phaseTheta };
}

function withSizes(config: Omit<SessionConfig, 'sizes'>): SessionConfig {
  const { model, codewordTruncation } = config;
  const { totalBits } = model.bundle.quantizer.withTruncation(codewordTruncation);
  const { scaleBits } = model.bundle.representation;
  return { ...config, sizes: { codewordBits: totalBits, scaleBits, maxPhaseBits: maxPhaseBits(model) } };
}

function within(name: string, value: number, min: number, max: number): number {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new RangeError(`${name} is ${value}, must be an integer in ${min}..${max}`);
  }
  return value;
}
