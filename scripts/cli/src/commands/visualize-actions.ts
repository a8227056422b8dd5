import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { CsiError } from '@edge-csi/csi';
import type { CsiSource } from '@edge-csi/csi/files';
import { type LinkSample, linkSamples } from '@edge-csi/lab';
import { dataFor, openData } from '@edge-csi/lab/data';
import { UsageError } from '@edge-csi/lab/usage-error';
import {
  activationFigures,
  loadNetworks,
  measureAblations,
  measureStatistics,
  openModelTrace,
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
} from '@edge-csi/model-tools';
import type { AnyManifest } from '@edge-csi/models';
import { listModels } from '@edge-csi/models/disk';
import { renderTable } from '@edge-csi/report';
import { commandLine } from '../command-line.ts';
import { requireWritable, requireWritableFolder, writeJson } from '../json-file.ts';
import { anyModels } from '../model-choice.ts';
import { startProgress } from '../progress.ts';
import { integer } from '../usage.ts';
import type {
  AblationOptions,
  ActivationOptions,
  ReciprocityOptions,
  StatisticsOptions,
  SummaryOptions,
  VisualizeOptions,
} from './visualize-options.ts';

/** `visualize activations`. */
export async function activations(options: ActivationOptions): Promise<void> {
  await requireWritable(options.json);
  await requireWritable(options.out, '--out');
  await requireWritableFolder(options.svg, '--svg');
  const { manifest, source } = await openModelAndData(options.model, options);
  const indices = options.sample.map((text) => integer('--sample', 0, source.numSamples - 1)(text));
  const trace = await openModelTrace(manifest, options.zoo);
  const traces: SampleTrace[] = [];
  try {
    for (const index of indices) traces.push(await trace.run(sampleAt(source, index)));
  } finally {
    await trace.close();
  }
  const figures = activationFigures({ dims: trace.dims, traces });
  const samples = indices.map((index, i) => ({
    label: `${index}`,
    note: `NMSE ${traces[i]?.nmseDb.toFixed(2)} dB, codeword unquantised`,
  }));
  const facts = `${source.name}; normalised values as the networks see them, one colour scale a figure. ${commandLine()}`;
  const page = await renderActivationPage(
    { title: `Activations of ${manifest.id}`, facts, samples },
    figures,
    options.colours,
  );
  await writeFile(options.out, page);
  process.stdout.write(`${options.out}: ${figures.length} figures, ${indices.length} samples\n`);
  if (options.svg !== undefined) {
    await mkdir(options.svg, { recursive: true });
    for (const figure of figures) {
      await writeFile(path.join(options.svg, `${figure.id}.svg`), renderFigureSvg(figure, 0, options.colours));
    }
    process.stdout.write(`${options.svg}: ${figures.length} SVG files of sample ${indices[0]}\n`);
  }
  await writeJson(options.json, {
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
}

/** `visualize statistics`. */
export async function statistics(options: StatisticsOptions): Promise<void> {
  await requireWritable(options.json);
  const { manifest, source } = await openModelAndData(options.model, options);
  const samples = spread(source, options.samples);
  const progress = startProgress(manifest.id, 2 * samples.length);
  const layers = await measureStatistics({ manifest, zoo: options.zoo, samples, onProgress: progress.update });
  progress.stop();
  process.stdout.write(`${manifest.id}, ${samples.length} samples of ${source.name}\n\n${renderStatistics(layers)}\n`);
  const result = { model: manifest.id, data: source.name, samples: samples.length, layers };
  await writeJson(options.json, { schema: 'edge-csi/visualize-statistics@1', ...result });
}

/** `visualize ablation`. */
export async function ablation(options: AblationOptions): Promise<void> {
  await requireWritable(options.json);
  const { channels, rankBy } = options;
  const { manifest, source } = await openModelAndData(options.model, options);
  const samples = spread(source, options.samples);
  let progress: ReturnType<typeof startProgress> | undefined;
  const onProgress = (done: number, total: number) => {
    progress ??= startProgress(manifest.id, total);
    progress.update(done);
  };
  const run = await measureAblations({ manifest, zoo: options.zoo, samples, channels, onProgress });
  progress?.stop();
  process.stdout.write(`${manifest.id}, ${source.name}\n${renderAblations(run, rankBy, options.top)}\n`);
  await writeJson(options.json, {
    schema: 'edge-csi/visualize-ablation@1',
    model: manifest.id,
    data: source.name,
    rankBy,
    ...run,
    ablations: rankAblations(run.ablations, rankBy),
  });
}

/** `visualize summary`. */
export async function summary(options: SummaryOptions): Promise<void> {
  await requireWritable(options.json);
  const { model, onnx } = options;
  if ((model === undefined) === (onnx === undefined)) {
    throw new UsageError('give either --model with a model of the zoo or --onnx with files');
  }
  const networks =
    model === undefined
      ? await Promise.all((onnx ?? []).map(readNetwork))
      : await loadNetworks(await modelById(model, options.zoo), options.zoo);
  const summaries = await summarize(networks);
  process.stdout.write(`${renderSummary(model, summaries)}\n`);
  const name = model === undefined ? {} : { model };
  await writeJson(options.json, { schema: 'edge-csi/visualize-summary@1', ...name, networks: summaries });
}

/** `visualize reciprocity`. */
export async function reciprocity(options: ReciprocityOptions): Promise<void> {
  await requireWritable(options.json);
  await requireWritable(options.svg, '--svg');
  const id = options.model ?? (await listModels(options.zoo))[0]?.id;
  if (id === undefined)
    throw new UsageError(`no models in ${options.zoo}; give --zoo with the model of the data's link`);
  const { source } = await openModelAndData(id, options);
  const count = Math.min(options.samples ?? source.numSamples, source.numSamples);
  const progress = startProgress('samples', count);
  const meter = new ReciprocityMeter();
  for (let i = 0; i < count; i++) {
    meter.add(sampleAt(source, spreadIndex(i, count, source.numSamples)));
    progress.update(i + 1);
  }
  progress.stop();
  const rows = meter.result();
  const range = ([low, high]: readonly [number, number]) => `${low.toFixed(3)} .. ${high.toFixed(3)}`;
  const cells = rows.map(({ quantity, mean, interval75, interval95 }) => {
    return [quantity, mean.toFixed(3), range(interval75), range(interval95)];
  });
  const title = `${source.name}, ${count} samples`;
  process.stdout.write(`${title}\n\n${renderTable(['correlation of', 'mean', '75 %', '95 %'], cells)}\n`);
  if (options.svg !== undefined) await writeFile(options.svg, renderReciprocityPlot(rows, title));
  const result = { data: source.name, samples: count, correlations: rows };
  await writeJson(options.json, { schema: 'edge-csi/visualize-reciprocity@1', ...result });
}

async function modelById(id: string, zoo: string): Promise<AnyManifest> {
  const [manifest] = await anyModels([id], zoo);
  return manifest as AnyManifest;
}

/** @throws CsiError `file-format` where the file has no samples. */
async function openModelAndData(id: string, options: VisualizeOptions) {
  const manifest = await modelById(id, options.zoo);
  const source = await openData(dataFor(manifest, options));
  if (source.numSamples === 0) throw new CsiError('file-format', `${source.name} has no samples`);
  return { manifest, source };
}

function sampleAt(source: CsiSource, index: number): LinkSample {
  return linkSamples(source, index, index + 1)[0] as LinkSample;
}

/** Data files hold environment after environment: the first samples would all be of one. */
function spreadIndex(i: number, count: number, numSamples: number): number {
  return Math.floor((i * numSamples) / count);
}

function spread(source: CsiSource, wanted: number): LinkSample[] {
  const count = Math.min(wanted, source.numSamples);
  return Array.from({ length: count }, (_, i) => sampleAt(source, spreadIndex(i, count, source.numSamples)));
}
