import type { DataFlags } from '@edge-csi/lab/data';

/** How colours follow values: by the value, or by the root of its distance from 0 or from the lowest. */
export const colourScales = ['linear', 'sqrt'] as const;
export type ColourScaleChoice = (typeof colourScales)[number];

/** What a table of ablations is ordered by: NMSE lost for each of what is saved. */
export const savings = ['macs', 'parameters', 'bytes'] as const;
export type Saving = (typeof savings)[number];

/** Options that every kind of picture or table of data has. */
export interface VisualizeOptions extends DataFlags {
  readonly zoo: string;
  readonly json?: string;
}

export interface ActivationOptions extends VisualizeOptions {
  readonly model: string;
  readonly sample: readonly string[];
  readonly out: string;
  readonly svg?: string;
  readonly colours: ColourScaleChoice;
}

export interface StatisticsOptions extends VisualizeOptions {
  readonly model: string;
  readonly samples: number;
}

export interface AblationOptions extends StatisticsOptions {
  readonly channels: boolean;
  readonly rankBy: Saving;
  readonly top: number;
}

export interface SummaryOptions extends Pick<VisualizeOptions, 'zoo' | 'json'> {
  readonly model?: string;
  readonly onnx?: readonly string[];
}

export interface ReciprocityOptions extends VisualizeOptions {
  readonly model?: string;
  readonly samples?: number;
  readonly svg?: string;
}
