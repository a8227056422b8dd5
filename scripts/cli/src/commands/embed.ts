import path from 'node:path';
import { dataFor, openData, sampleData, usableSample } from '@edge-csi/lab/data';
import { type Footprint, measureOnCortexM, missingToolchain, writeFolder } from '@edge-csi/model-tools';
import { loadModel, zooDirectory } from '@edge-csi/models/disk';
import { renderTable } from '@edge-csi/report';
import { Command, Option } from 'commander';
import { requireWritable, requireWritableFolder, writeJson } from '../json-file.ts';
import { modelsById } from '../model-choice.ts';

interface Options {
  readonly model: string;
  readonly target: 'c99';
  readonly out: string;
  readonly data: string;
  readonly zoo: string;
  readonly json?: string;
}

/** Golden vectors of the self-test. */
const numVectors = 4;

/** `edge-csi embed`: an encoder for a constrained device. */
export function embedCommand(): Command {
  return new Command('embed')
    .description('Export the encoder of a model for a constrained device, with golden vectors, and measure it.')
    .requiredOption('--model <id>', 'model to export')
    .addOption(new Option('--target <name>', 'what to export').choices(['c99']).default('c99'))
    .requiredOption('--out <dir>', 'folder to write, made where it does not exist')
    .option('--data <file>', 'data the golden vectors are taken from', sampleData)
    .option('--zoo <dir>', 'folder of models', zooDirectory())
    .option('--json <file>', 'write the result as JSON')
    .addHelpText(
      'after',
      `
Flash, RAM and instructions are measured where arm-none-eabi-gcc and qemu-system-arm are installed.

Examples:
  edge-csi embed --model dualnet-mag-m43 --out encoder-m43
  edge-csi embed --model dualnet-mag-m128-full --out encoder-m128 --json embed.json`,
    )
    .action(run);
}

async function run(options: Options): Promise<void> {
  await requireWritable(options.json);
  await requireWritableFolder(options.out, '--out');
  const [manifest] = await modelsById([options.model], options.zoo);
  if (manifest === undefined) return;
  const bundle = await loadModel(path.join(options.zoo, manifest.id), ['encoder']);
  const source = await openData(dataFor(manifest, { data: options.data }));
  const count = Math.min(numVectors, source.numSamples);
  const samples = Array.from({ length: count }, (_, i) =>
    usableSample(source, 'downlink', Math.floor((i * source.numSamples) / count)),
  );
  const files = await writeFolder(options.out, bundle, samples);
  process.stdout.write(`${options.out}: ${files.join(', ')}\n\n`);
  const missing = await missingToolchain();
  const footprints = missing === undefined ? await measureOnCortexM(options.out) : undefined;
  process.stdout.write(footprints === undefined ? `not measured: ${missing}\n` : `${render(footprints)}\n`);
  await writeJson(options.json, {
    schema: 'edge-csi/embed@1',
    model: manifest.id,
    target: options.target,
    files,
    ...(footprints === undefined ? { notMeasured: missing } : { footprints }),
  });
}

function render(footprints: readonly Footprint[]): string {
  return renderTable(
    ['core', 'flash bytes', 'RAM bytes', 'of it stack', 'instructions', 'vectors equal', 'SIMD equal'],
    footprints.map((f) => [
      f.core,
      String(f.flashBytes),
      String(f.ramBytes),
      String(f.stackBytes),
      String(f.instructions),
      String(f.vectorsEqual),
      f.simdEqual ? 'yes' : 'no SIMD',
    ]),
  );
}
