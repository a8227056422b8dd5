import type { DataFlags } from '@edge-csi/lab/data';
import type { ColourScaleChoice, Saving } from '@edge-csi/model-tools/choices';

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
