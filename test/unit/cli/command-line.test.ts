import { afterEach, expect, it } from 'vitest';
import { commandLine } from '../../../scripts/cli/src/provenance.ts';

const { argv } = process;
afterEach(() => {
  process.argv = argv;
});

it('gives the command line as a shell takes it, without the folders of this machine', () => {
  process.argv = ['node', '/bin/edge-csi.js', 'bench', '--data', '/home/me/my paths.npz', '--models', 'a,b', "it's"];
  expect(commandLine()).toBe("edge-csi bench --data 'my paths.npz' --models a,b 'it'\\''s'");
});
