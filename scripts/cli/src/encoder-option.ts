import { encoderBackends } from '@edge-csi/ue-client';
import { Option } from 'commander';

/** `--encoder`: what UEs encode with. */
export function encoderOption(): Option {
  return new Option('--encoder <name>', 'what the UEs encode with').choices(encoderBackends).default('ort');
}
