// Apart from what takes them, so that a command line can offer them without loading anything.

/** How colours follow values: by the value, or by the root of its distance from 0 or from the lowest. */
export const colourScales = ['linear', 'sqrt'] as const;
export type ColourScaleChoice = (typeof colourScales)[number];

/** What a table of ablations is ordered by: NMSE lost for each of what is saved. */
export const savings = ['macs', 'parameters', 'bytes'] as const;
export type Saving = (typeof savings)[number];
