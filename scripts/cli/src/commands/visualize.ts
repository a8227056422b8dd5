import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type CommandUnknownOpts, Option } from '@commander-js/extra-typings';
import { CsiError } from '@edge-csi/csi';
import type { CsiSource } from '@edge-csi/csi/files';
import type { LinkSample } from '@edge-csi/lab';
import {
  type DataFlags,
  linkSamples,
  requireUplink,
  requireUsable,
  sampleData,
  spreadIndices,
  usableSample,
} from '@edge-csi/lab/data';
import { UsageError } from '@edge-csi/lab/usage-error';
import {
  activationFigures,
  loadNetworks,
  measureAblations,
  measureStatistics,
  openModelTrace,
  pathReportPage,
  ReciprocityMeter,
  rankAblations,
  readNetwork,
  renderAblations,
  renderActivationPage,
  renderFigureSvg,
  renderReciprocityPlot,
  renderStatistics,
  renderSummary,
  type SampleTrace,
  summarize,
  tracePathReport,
} from '@edge-csi/model-tools';
import { colourScales, savings } from '@edge-csi/model-tools/choices';
import { type AnyManifest, pathsSpecOf } from '@edge-csi/models';
import { renderTable, renderTextSections } from '@edge-csi/report';
import { createDataReader, withData } from '../options/data.ts';
import { anyModels, listedFirst, networkModel, pathModel, zooOption } from '../options/models.ts';
import { jsonOption, withPage, writeJson, writePage } from '../options/output.ts';
import { integer, list, listOf, writableFile, writableFolder } from '../options/parse.ts';
import { maxBits } from '../options/path-model.ts';
import { startProgress, withProgress } from '../progress.ts';
import { commandLine, describeEnvironment } from '../provenance.ts';

const samplesUpTo = (least: number) => integer(least, 1_000_000);

/** `edge-csi visualize`: what a model computes, what its layers cost and are worth, how alike the bands are. */
export function addVisualize(program: CommandUnknownOpts): void {
  const visualize = program
    .command('visualize')
    .description('Look into a model: activations, statistics, ablations, layers; and UL/DL reciprocity of data.')
    .addHelpText(
      'after',
      `
Examples:
  edge-csi visualize summary --model dualnet-mag-minmax-m384
  edge-csi visualize activations --model dualnet-mag-minmax-m384 --sample 0,500,1000 --out activations.html
  edge-csi visualize statistics --model dualnet-mag-m43 --samples 128
  edge-csi visualize ablation --model dualnet-mag-m43-full --rank-by parameters
  edge-csi visualize paths --sample 300 --max-bits 200 --report paths.html
  edge-csi visualize reciprocity --data my-paths.npz --svg reciprocity.svg

docs/visualize.md says how to read them.`,
    );
  addActivations(visualize);
  addStatistics(visualize);
  addAblation(visualize);
  addSummary(visualize);
  addPaths(visualize);
  addReciprocity(visualize);
}

function onData(visualize: CommandUnknownOpts, name: string) {
  return withData(sampleData)(visualize.command(name))
    .option(...zooOption())
    .option(...jsonOption);
}

function addActivations(visualize: CommandUnknownOpts): void {
  onData(visualize, 'activations')
    .description(
      'Every value of encoder and decoder as heat maps, on one page of its own, from the ONNX graphs themselves.',
    )
    .requiredOption('--model <id>', 'model to look into')
    .option('--sample <list>', 'samples to show, by index', listOf(integer(0, 1e7)), [0])
    .option('--out <file>', 'page to write', writableFile, 'activations.html')
    .option('--svg <dir>', 'folder for every figure as SVG, of the first sample', writableFolder)
    .addOption(new Option('--colours <scale>', 'colours at first').choices(colourScales).default('linear'))
    .action(async ({ model, zoo, sample: indices, out, svg, colours, json, ...data }) => {
      const { manifest, source } = await openModelAndData(model, zoo, data);
      const beyond = indices.find((index) => index >= source.numSamples);
      if (beyond !== undefined) {
        throw new UsageError(`--sample names ${beyond}, give integers from 0 to ${source.numSamples - 1}`);
      }
      requireUsable(source, indices);
      const trace = await openModelTrace(manifest, zoo);
      const traces: SampleTrace[] = [];
      try {
        for (const index of indices) traces.push(await trace.run(sampleAt(source, index)));
      } finally {
        await trace.close();
      }
      const figures = activationFigures({ dims: trace.dims, codeword: trace.codeword, traces });
      const samples = indices.map((index, i) => ({
        label: `${index}`,
        note: `NMSE ${traces[i]?.nmseDb.toFixed(2)} dB, codeword unquantised`,
      }));
      const facts = `${source.name}; normalised values as the networks see them, one colour scale a figure. ${commandLine()}`;
      const about = { title: `Activations of ${manifest.id}`, facts, samples };
      await writeFile(out, await renderActivationPage(about, figures, colours));
      process.stdout.write(`${out}: ${figures.length} figures, ${indices.length} samples\n`);
      if (svg !== undefined) {
        await mkdir(svg, { recursive: true });
        for (const figure of figures) {
          await writeFile(path.join(svg, `${figure.id}.svg`), renderFigureSvg(figure, 0, colours));
        }
        process.stdout.write(`${svg}: ${figures.length} SVG files of sample ${indices[0]}\n`);
      }
      await writeJson(json, {
        schema: 'edge-csi/visualize-activations@1',
        model: manifest.id,
        data: source.name,
        samples: traces.map(({ nmseDb, layers }, i) => ({
          sample: indices[i],
          nmseDb,
          layers: layers.map(({ network, layer, dims, values }) => {
            return { network, layer: layer.name, type: layer.kind, shape: dims, values: [...values] };
          }),
        })),
      });
    });
}

function addStatistics(visualize: CommandUnknownOpts): void {
  onData(visualize, 'statistics')
    .description('Mean, variance, sparsity, dead and constant channels and effective rank of every layer.')
    .requiredOption('--model <id>', 'model to look into')
    .option('--samples <n>', 'samples, spread over the data', samplesUpTo(2), 64)
    .action(async ({ model, zoo, samples: wanted, json, ...data }) => {
      const { manifest, source } = await openModelAndData(model, zoo, data);
      const samples = spread(source, wanted);
      const layers = await withProgress(manifest.id, 2 * samples.length, (onProgress) =>
        measureStatistics({ manifest, zoo, samples, onProgress }),
      );
      const title = `${manifest.id}, ${samples.length} samples of ${source.name}`;
      process.stdout.write(`${title}\n\n${renderStatistics(layers)}\n`);
      const result = { model: manifest.id, data: source.name, samples: samples.length, layers };
      await writeJson(json, { schema: 'edge-csi/visualize-statistics@1', ...result });
    });
}

function addAblation(visualize: CommandUnknownOpts): void {
  onData(visualize, 'ablation')
    .description(
      'Leave out layers, branches, channels and codeword components one at a time: NMSE lost for what is saved.',
    )
    .requiredOption('--model <id>', 'model to look into')
    .option('--samples <n>', 'samples, spread over the data', samplesUpTo(1), 64)
    .option('--no-channels', 'layers and branches only')
    .addOption(new Option('--rank-by <what>', 'order by NMSE lost for each').choices(savings).default('macs'))
    .option('--top <n>', 'rows to print', samplesUpTo(1), 30)
    .action(async ({ model, zoo, samples: wanted, channels, rankBy, top, json, ...data }) => {
      const { manifest, source } = await openModelAndData(model, zoo, data);
      const samples = spread(source, wanted);
      let progress: ReturnType<typeof startProgress> | undefined;
      const onProgress = (done: number, total: number) => {
        progress ??= startProgress(manifest.id, total);
        progress.update(done);
      };
      const run = await measureAblations({ manifest, zoo, samples, channels, onProgress });
      progress?.stop();
      process.stdout.write(`${manifest.id}, ${source.name}\n${renderAblations(run, rankBy, top)}\n`);
      const ablations = rankAblations(run.ablations, rankBy);
      const result = { model: manifest.id, data: source.name, rankBy, ...run, ablations };
      await writeJson(json, { schema: 'edge-csi/visualize-ablation@1', ...result });
    });
}

function addSummary(visualize: CommandUnknownOpts): void {
  visualize
    .command('summary')
    .description('Layers with output shape, parameters, MACs and bytes, and totals.')
    .option('--model <id>', 'model of the zoo')
    .option('--onnx <files>', 'ONNX files, of any model', list)
    .option(...zooOption())
    .option(...jsonOption)
    .action(async ({ model, onnx, zoo, json }) => {
      if ((model === undefined) === (onnx === undefined)) {
        throw new UsageError('give either --model with a model of the zoo or --onnx with files');
      }
      const networks =
        model === undefined
          ? await Promise.all((onnx ?? []).map(readNetwork))
          : await loadNetworks(await networkModel(model, zoo), zoo);
      const summaries = await summarize(networks);
      process.stdout.write(`${renderSummary(model, summaries)}\n`);
      const name = model === undefined ? {} : { model };
      await writeJson(json, { schema: 'edge-csi/visualize-summary@1', ...name, networks: summaries });
    });
}

function addPaths(visualize: CommandUnknownOpts): void {
  withPage(onData(visualize, 'paths'))
    .description(
      'The paths of a path report over the channel, the estimate with its error, and what is left after each path.',
    )
    .option('--model <id>', 'model of path reports; default the first of the zoo')
    .option('--sample <index>', 'sample to show, by index', integer(0, 1e7), 0)
    .option('--max-bits <n>', 'bits that the report is held to', maxBits, 200)
    .action(async ({ model, zoo, sample, maxBits: budget, json, ...options }) => {
      const manifest = await pathModel(model, zoo);
      const source = await openSamples(manifest, options);
      const numSamples = source.numSamples;
      if (sample >= numSamples)
        throw new UsageError(`--sample is ${sample}, give an integer from 0 to ${numSamples - 1}`);
      const { downlink } = sampleAt(source, sample);
      const spec = pathsSpecOf(manifest);
      const trace = tracePathReport(spec, downlink, { mode: 'cap', maxBits: budget });
      const content = pathReportPage(trace, spec.codec.antennas, `sample ${sample} of ${source.name}`);
      process.stdout.write(`${content.lead}\n\n${renderTextSections(content.sections)}\n`);
      const provenance = {
        ...{ seed: 0, data: source.name, command: commandLine() },
        environment: describeEnvironment('cpu'),
      };
      await writePage({ ...content, provenance }, options);
      const { bits, nmseDb, paths, prefixes } = trace;
      await writeJson(json, {
        ...{ schema: 'edge-csi/visualize-paths@1', model: manifest.id, data: source.name, sample, bits, nmseDb },
        paths: paths.map((path, k) => ({ ...path, bits: prefixes[k + 1]?.bits, nmseDb: prefixes[k + 1]?.nmseDb })),
      });
    });
}

function addReciprocity(visualize: CommandUnknownOpts): void {
  onData(visualize, 'reciprocity')
    .description('Correlation of uplink and downlink over the samples of a data set, with 75 % and 95 % intervals.')
    .option('--model <id>', 'model whose link (bands, antennas, delays) the data is of; default the first of the zoo')
    .option('--samples <n>', 'samples, spread over the data; default all', samplesUpTo(1))
    .option('--svg <file>', 'write the figure', writableFile)
    .action(async ({ model, zoo, samples, svg, json, ...data }) => {
      const [manifest] = model === undefined ? await listedFirst(zoo) : await anyModels([model], zoo);
      if (manifest === undefined)
        throw new UsageError(`no models in ${zoo}; give --zoo with the model of the data's link`);
      const source = await openSamples(manifest, data);
      requireUplink(source, 'reciprocity is of both bands');
      const indices = spreadIndices(source, samples ?? source.numSamples);
      const count = indices.length;
      const meter = new ReciprocityMeter();
      await withProgress('samples', count, (onProgress) => {
        for (const [i, index] of indices.entries()) {
          meter.add({
            downlink: usableSample(source, 'downlink', index),
            uplink: usableSample(source, 'uplink', index),
          });
          onProgress(i + 1);
        }
      });
      const rows = meter.result();
      const range = ([low, high]: readonly [number, number]) => `${low.toFixed(3)} .. ${high.toFixed(3)}`;
      const cells = rows.map(({ quantity, mean, interval75, interval95 }) => {
        return [quantity, mean.toFixed(3), range(interval75), range(interval95)];
      });
      const title = `${source.name}, ${count} samples`;
      process.stdout.write(`${title}\n\n${renderTable(['correlation of', 'mean', '75 %', '95 %'], cells)}\n`);
      if (svg !== undefined) await writeFile(svg, renderReciprocityPlot(rows, title));
      const result = { data: source.name, samples: count, correlations: rows };
      await writeJson(json, { schema: 'edge-csi/visualize-reciprocity@1', ...result });
    });
}

async function openModelAndData(id: string, zoo: string, data: DataFlags) {
  const manifest = await networkModel(id, zoo);
  return { manifest, source: await openSamples(manifest, data) };
}

/** @throws CsiError `file-format` where the file has no samples. */
async function openSamples(manifest: AnyManifest, data: DataFlags): Promise<CsiSource> {
  const source = await createDataReader(data).open(manifest);
  if (source.numSamples === 0) throw new CsiError('file-format', `${source.name} has no samples`);
  return source;
}

function sampleAt(source: CsiSource, index: number): LinkSample {
  return linkSamples(source, index, index + 1)[0] as LinkSample;
}

function spread(source: CsiSource, wanted: number): LinkSample[] {
  return spreadIndices(source, wanted).map((index) => sampleAt(source, index));
}
