import { sampleData } from '@edge-csi/lab/data';
import { colourScales, savings } from '@edge-csi/model-tools/choices';
import { zooDirectory } from '@edge-csi/models/disk';
import { Command, Option } from 'commander';
import { addDataOptions } from '../data-options.ts';
import { integer, list } from '../usage.ts';
import type {
  AblationOptions,
  ActivationOptions,
  ReciprocityOptions,
  StatisticsOptions,
  SummaryOptions,
} from './visualize-options.ts';

const maxSamples = 1_000_000;

/** `edge-csi visualize`: what a model computes, what its layers cost and are worth, how alike the bands are. */
export function visualizeCommand(): Command {
  const command = new Command('visualize').exitOverride();
  command.description('Look into a model: activations, statistics, ablations, layers; and UL/DL reciprocity of data.');
  command.addHelpText(
    'after',
    `
Examples:
  edge-csi visualize summary --model dualnet-mag-minmax-m384
  edge-csi visualize activations --model dualnet-mag-minmax-m384 --sample 0,500,1000 --out activations.html
  edge-csi visualize statistics --model dualnet-mag-m43 --samples 128
  edge-csi visualize ablation --model dualnet-mag-m43-full --rank-by parameters
  edge-csi visualize reciprocity --data my-paths.npz --svg reciprocity.svg

docs/visualize.md says how to read them.`,
  );
  // Each loads what it needs when it runs: ONNX's schema is parsed then, and no other command pays for it.
  const actions = () => import('./visualize-actions.ts');

  withCommon(command.command('activations'))
    .description(
      'Every value of encoder and decoder as heat maps, on one page of its own, from the ONNX graphs themselves.',
    )
    .requiredOption('--model <id>', 'model to look into')
    .option('--sample <list>', 'samples to show, by index', list('--sample'), ['0'])
    .option('--out <file>', 'page to write', 'activations.html')
    .option('--svg <dir>', 'folder for every figure as SVG, of the first sample')
    .addOption(new Option('--colours <scale>', 'colours at first').choices(colourScales).default('linear'))
    .action(async (options: ActivationOptions) => (await actions()).activations(options));

  withCommon(command.command('statistics'))
    .description('Mean, variance, sparsity, dead and constant channels and effective rank of every layer.')
    .requiredOption('--model <id>', 'model to look into')
    .option('--samples <n>', 'samples, spread over the data', integer('--samples', 2, maxSamples), 64)
    .action(async (options: StatisticsOptions) => (await actions()).statistics(options));

  withCommon(command.command('ablation'))
    .description(
      'Leave out layers, branches, channels and codeword components one at a time: NMSE lost for what is saved.',
    )
    .requiredOption('--model <id>', 'model to look into')
    .option('--samples <n>', 'samples, spread over the data', integer('--samples', 1, maxSamples), 64)
    .option('--no-channels', 'layers and branches only')
    .addOption(new Option('--rank-by <what>', 'order by NMSE lost for each').choices(savings).default('macs'))
    .option('--top <n>', 'rows to print', integer('--top', 1, maxSamples), 30)
    .action(async (options: AblationOptions) => (await actions()).ablation(options));

  command
    .command('summary')
    .description('Layers with output shape, parameters, MACs and bytes, and totals.')
    .option('--model <id>', 'model of the zoo')
    .option('--onnx <files>', 'ONNX files, of any model', list('--onnx'))
    .option('--zoo <dir>', 'folder of models', zooDirectory())
    .option('--json <file>', 'write the result as JSON')
    .action(async (options: SummaryOptions) => (await actions()).summary(options));

  withCommon(command.command('reciprocity'))
    .description('Correlation of uplink and downlink over the samples of a data set, with 75 % and 95 % intervals.')
    .option('--model <id>', 'model whose link (bands, antennas, delays) the data is of; default the first of the zoo')
    .option('--samples <n>', 'samples, spread over the data; default all', integer('--samples', 1, maxSamples))
    .option('--svg <file>', 'write the figure')
    .action(async (options: ReciprocityOptions) => (await actions()).reciprocity(options));

  for (const each of command.commands) each.exitOverride();
  return command;
}

function withCommon(command: Command): Command {
  return addDataOptions(command, sampleData)
    .option('--zoo <dir>', 'folder of models', zooDirectory())
    .option('--json <file>', 'write the result as JSON');
}
