import { createCost2100Environment } from './cost2100/environment.ts';
import { indoorHall, semiUrban } from './cost2100/parameters.ts';
import type { Carriers, Environment } from './environment.ts';
import { createCdlEnvironment } from './tr38901/cdl.ts';
import { cdlTables } from './tr38901/cdl-tables.ts';
import { createDropEnvironment } from './tr38901/drop.ts';
import type { PhaseModel } from './tr38901/rays.ts';
import { dropScenario } from './tr38901/scenarios.ts';

/** Channels that the simulator knows. */
export const scenarioNames = [
  'cost2100-indoor',
  'cost2100-outdoor',
  'cdl-a',
  'cdl-b',
  'cdl-c',
  'cdl-d',
  'cdl-e',
  'inh',
  'umi',
] as const;

/** Name of a scenario that the simulator knows. */
export type ScenarioName = (typeof scenarioNames)[number];

/** What a scenario can be told beside its carriers. */
export interface ScenarioOptions {
  /** CDL only: what the table's delays are scaled by. */
  readonly delaySpreadNs: number;
  /** 3GPP only: where the initial phases of rays come from. */
  readonly phases: PhaseModel;
}

/** Carriers that a scenario is meant for; the 3GPP ones hold over a wide range and take the zoo's. */
export function defaultCarriers(scenario: ScenarioName): Carriers {
  return scenario === 'cost2100-outdoor'
    ? { downlinkCarrierHz: 300e6, uplinkCarrierHz: 260e6 }
    : { downlinkCarrierHz: 5.3e9, uplinkCarrierHz: 5.1e9 };
}

/** Whether a scenario is one of 3GPP TR 38.901, whose bands may have phases of their own. */
export function isTr38901(scenario: ScenarioName): boolean {
  return !scenario.startsWith('cost2100');
}

/** Whether a scenario is a clustered delay line, whose delay spread is free. */
export function isCdl(scenario: ScenarioName): boolean {
  return scenario in cdlTables;
}

/**
 * Share of a sample's energy that the paths left out may hold together. Outdoors several hundred paths are each next to
 * nothing, and cost as much as any.
 */
export function negligibleEnergy(scenario: ScenarioName): number {
  return scenario === 'cost2100-outdoor' ? 1e-4 : 1e-6;
}

/** Draws an environment. The same seed draws the same. */
export function createEnvironment(
  scenario: ScenarioName,
  carriers: Carriers,
  { delaySpreadNs, phases }: ScenarioOptions,
  seed: number,
): Environment {
  switch (scenario) {
    case 'cost2100-indoor':
      return createCost2100Environment(indoorHall, carriers, seed);
    case 'cost2100-outdoor':
      return createCost2100Environment(semiUrban, carriers, seed);
    case 'inh':
    case 'umi':
      return createDropEnvironment(dropScenario(scenario, carriers.downlinkCarrierHz), carriers, phases, seed);
    default:
      return createCdlEnvironment(cdlTables[scenario], carriers, { delaySpreadS: delaySpreadNs * 1e-9, phases });
  }
}
