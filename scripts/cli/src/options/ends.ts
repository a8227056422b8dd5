import { Option } from '@commander-js/extra-typings';
import { bsServerDefaults, type ExecutionProvider } from '@edge-csi/bs-server';
import { encoderBackends } from '@edge-csi/ue-client';
import { listOf, oneOf } from './parse.ts';

const known = bsServerDefaults.executionProviders;

/** What UEs encode with. The first backend is the one that a UE takes by itself. */
export const encoderOption = new Option('--encoder <name>', 'what the UEs encode with')
  .choices(encoderBackends)
  .default(encoderBackends[0]);

/** What the BS decodes with: a GPU where there is a faster one, else the CPU. */
export const providersOption = [
  '--provider <list>',
  'execution providers of the decoder, in order',
  listOf<ExecutionProvider>(oneOf(known)),
  [...known] as ExecutionProvider[],
] as const;

/** What a measurement of a decoder runs on. */
export const providerOption = new Option('--provider <name>', 'execution provider of the decoder')
  .choices(known)
  .default('cpu');
