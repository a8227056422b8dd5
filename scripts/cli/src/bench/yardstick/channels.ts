import { existsSync } from 'node:fs';
import { InvalidArgumentError } from '@commander-js/extra-typings';
import { type ScenarioName, scenarioNames } from '@edge-csi/csi';
import { raytracedSampleData, sampleData } from '@edge-csi/lab/data';
import { list } from '../../options/parse.ts';

/** Channels of one panel: a file, or a scenario to simulate. */
export interface PanelChannels {
  readonly name: string;
  /** Absent where the scenario is simulated. */
  readonly file?: string;
  /** Whose carriers the panel has, and whose simulated channels top-K's odds are counted on. */
  readonly scenario: ScenarioName;
}

/** Short names of channels, with the file that ships where there is one. */
const known: Readonly<Record<string, Omit<PanelChannels, 'name'>>> = {
  indoor: { scenario: 'cost2100-indoor', file: sampleData },
  outdoor: { scenario: 'cost2100-outdoor' },
  munich: { scenario: 'cost2100-indoor', file: raytracedSampleData },
};

/** Those that are measured unless told otherwise. */
export const defaultChannels = 'indoor,outdoor,cdl-a,cdl-c,inh,umi,munich';

/** Parser of a list of channels, `NAME` or `NAME=FILE`. */
export function channelList(text: string): PanelChannels[] {
  return list(text).map((item) => {
    const [name = '', ...rest] = item.split('=');
    const file = rest.join('=');
    if (file !== '' && !existsSync(file)) throw new InvalidArgumentError(`but there is no file ${file}`);
    const scenario = scenarioNames.find((one) => one === name);
    const found = known[name] ?? (scenario && { scenario });
    if (file !== '') return { scenario: 'cost2100-indoor', ...found, name, file };
    if (found !== undefined) return { ...found, name };
    const names = [...Object.keys(known), ...scenarioNames].join(', ');
    throw new InvalidArgumentError(`give ${names}, or NAME=FILE: '${name}' is none of them`);
  });
}
