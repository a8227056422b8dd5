import path from 'node:path';
import { type CommandUnknownOpts, Option } from '@commander-js/extra-typings';
import { sampleData, spreadIndices, usableSample } from '@edge-csi/lab/data';
import { UsageError } from '@edge-csi/lab/usage-error';
import {
  type Footprint,
  measureOnCortexM,
  missingToolchain,
  pathVectors,
  writeFolder,
  writePathFolder,
} from '@edge-csi/model-tools';
import { isPathModel } from '@edge-csi/models';
import { loadModel } from '@edge-csi/models/disk';
import { renderTable } from '@edge-csi/report';
import type { OptionsOf } from '../options/command.ts';
import { createDataReader, withData } from '../options/data.ts';
import { reportModelsById, zooOption } from '../options/models.ts';
import { jsonOption, writeJson } from '../options/output.ts';
import { writableFolder } from '../options/parse.ts';

/** Golden vectors of the self-test. */
const numVectors = 4;

function declare(program: CommandUnknownOpts) {
  return withData(sampleData)(program.command('embed'))
    .description(
      'Export the encoder of a model, or the codec of path reports, for a constrained device, with golden vectors, and measure it.',
    )
    .requiredOption('--model <id>', 'model to export')
    .addOption(new Option('--target <name>', 'what to export').choices(['c99']).default('c99'))
    .requiredOption('--out <dir>', 'folder to write, made where it does not exist', writableFolder)
    .option(...zooOption())
    .option(...jsonOption)
    .addHelpText(
      'after',
      `
Flash, RAM and instructions are measured where arm-none-eabi-gcc and qemu-system-arm are installed.

Examples:
  edge-csi embed --model dualnet-mag-m43 --out encoder-m43
  edge-csi embed --model paths-indoor --out path-codec
  edge-csi embed --model dualnet-mag-m128-full --out encoder-m128 --json embed.json`,
    );
}

/** `edge-csi embed`: an encoder for a constrained device. */
export const addEmbed = (program: CommandUnknownOpts) => declare(program).action(run);

async function run(options: OptionsOf<typeof declare>): Promise<void> {
  const { model, target, out, zoo, json } = options;
  const [manifest] = await reportModelsById([model], zoo);
  if (manifest === undefined) throw new UsageError(`--model is ${model}, which is no model of ${zoo}`);
  const source = await createDataReader(options).open(manifest);
  const samples = spreadIndices(source, numVectors).map((index) => usableSample(source, 'downlink', index));
  const isPaths = isPathModel(manifest);
  const files = isPaths
    ? await writePathFolder(out, manifest, pathVectors(manifest, samples))
    : await writeFolder(out, await loadModel(path.join(zoo, manifest.id), ['encoder']), samples);
  process.stdout.write(`${out}: ${files.join(', ')}\n\n`);
  const missing = await missingToolchain();
  const footprints = missing === undefined ? await measureOnCortexM(out, isPaths ? 'paths' : 'network') : undefined;
  process.stdout.write(footprints === undefined ? `not measured: ${missing}\n` : `${render(footprints)}\n`);
  await writeJson(json, {
    schema: 'edge-csi/embed@1',
    model: manifest.id,
    target,
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
