import type { LinkSample } from '@edge-csi/lab';
import { Matrix, symmetricEigenvalues } from '@edge-csi/lab/linear';
import { renderTable } from '@edge-csi/report';
import { type LayerValues, openModelTrace } from './model-trace.ts';
import type { VisibleManifest } from './network-view.ts';

/** One channel of a layer over all samples. */
export interface ChannelStatistics {
  readonly mean: number;
  readonly variance: number;
  /** Share of values within 1 % of the layer's range of their mode. */
  readonly sparsity: number;
  /** Dead: nowhere further from 0 than 0.1 % of the layer's largest. Constant: within 0.1 % of the layer's range. */
  readonly state: 'alive' | 'constant' | 'dead';
}

/** What a layer's values are like over samples. */
export interface LayerStatistics {
  readonly network: string;
  readonly layer: string;
  readonly type: string;
  /** Without the batch. */
  readonly shape: readonly number[];
  readonly mean: number;
  readonly variance: number;
  /** Mean over channels, weighted alike. */
  readonly sparsity: number;
  /**
   * exp of the entropy of the covariance's eigenvalues, shares of the variance: how many directions are in use. Of channels
   * over positions and samples where there are several maps, of entries over samples otherwise.
   */
  readonly effectiveRank: number;
  /** What the effective rank can be at most. */
  readonly fullRank: number;
  /** Maps of `[C, H, W]`, or the values of a vector. */
  readonly channels: readonly ChannelStatistics[];
}

const numBins = 1000;
/** Bins on either side of the mode that are within 1 % of the range. */
const nearBins = numBins / 100;
const negligible = 1e-3;

/**
 * Collects a layer's values: first `add` for every sample, then `addAgain` for every sample, since the histograms need the
 * range.
 */
export class LayerStatistician {
  readonly #first: LayerValues;
  readonly #numChannels: number;
  readonly #perChannel: number;
  readonly #sum: Float64Array;
  readonly #squares: Float64Array;
  readonly #min: Float64Array;
  readonly #max: Float64Array;
  readonly #products: Float64Array | undefined;
  /** Values of each sample, where the rank is of entries. */
  readonly #rows: Float32Array[] = [];
  #histograms: Uint32Array | undefined;
  #count = 0;

  constructor(first: LayerValues) {
    const { dims, values } = first;
    this.#first = first;
    this.#numChannels = dims.length === 2 ? 1 : (dims[0] ?? 1);
    this.#perChannel = values.length / this.#numChannels;
    this.#sum = new Float64Array(this.#numChannels);
    this.#squares = new Float64Array(this.#numChannels);
    this.#min = new Float64Array(this.#numChannels).fill(Number.POSITIVE_INFINITY);
    this.#max = new Float64Array(this.#numChannels).fill(Number.NEGATIVE_INFINITY);
    const isMaps = this.#numChannels > 1 && this.#perChannel > 1;
    this.#products = isMaps ? new Float64Array(this.#numChannels ** 2) : undefined;
  }

  /** First pass. */
  add({ values }: LayerValues): void {
    const size = this.#perChannel;
    for (let c = 0; c < this.#numChannels; c++) {
      for (const value of values.subarray(c * size, (c + 1) * size)) {
        this.#sum[c] = (this.#sum[c] as number) + value;
        this.#squares[c] = (this.#squares[c] as number) + value * value;
        if (value < (this.#min[c] as number)) this.#min[c] = value;
        if (value > (this.#max[c] as number)) this.#max[c] = value;
      }
    }
    if (this.#products === undefined) this.#rows.push(values);
    else addProducts(this.#products, values, this.#numChannels, size);
    this.#count++;
  }

  /** Second pass. */
  addAgain({ values }: LayerValues): void {
    this.#histograms ??= new Uint32Array(this.#numChannels * numBins);
    const [low, range] = this.#range();
    for (const [i, value] of values.entries()) {
      const bin = Math.min(numBins - 1, Math.floor(((value - low) / range) * numBins));
      const at = Math.floor(i / this.#perChannel) * numBins + bin;
      this.#histograms[at] = (this.#histograms[at] as number) + 1;
    }
  }

  result(): LayerStatistics {
    const { layer, network, dims } = this.#first;
    const channels = Array.from({ length: this.#numChannels }, (_, c) => this.#channel(c));
    const average = (pick: (channel: ChannelStatistics) => number) =>
      channels.reduce((sum, channel) => sum + pick(channel), 0) / channels.length;
    const mean = average((channel) => channel.mean);
    // Variance within channels and between them.
    const variance = average((channel) => channel.variance + (channel.mean - mean) ** 2);
    const eigenvalues = this.#eigenvalues();
    return {
      ...{ network, layer: layer.name, type: layer.kind, shape: dims, mean, variance },
      sparsity: average((channel) => channel.sparsity),
      effectiveRank: effectiveRank(eigenvalues),
      // Centring takes one direction of as many as there are samples.
      fullRank: this.#products === undefined ? Math.min(this.#first.values.length, this.#count - 1) : this.#numChannels,
      channels,
    };
  }

  #channel(c: number): ChannelStatistics {
    const count = this.#count * this.#perChannel;
    const mean = (this.#sum[c] as number) / count;
    const min = this.#min[c] as number;
    const max = this.#max[c] as number;
    const [, range, largest] = this.#range();
    const isDead = Math.max(-min, max) <= negligible * largest;
    const isConstant = max - min <= negligible * range;
    return {
      mean,
      variance: Math.max(0, (this.#squares[c] as number) / count - mean * mean),
      sparsity: nearMode(this.#histograms?.subarray(c * numBins, (c + 1) * numBins) ?? new Uint32Array(), count),
      state: isDead ? 'dead' : isConstant ? 'constant' : 'alive',
    };
  }

  /** Lowest value of the layer, range, and largest magnitude. */
  #range(): [number, number, number] {
    const low = this.#min.reduce((a, b) => Math.min(a, b));
    const high = this.#max.reduce((a, b) => Math.max(a, b));
    return [low, high - low || 1, Math.max(-low, high)];
  }

  #eigenvalues(): number[] {
    const size = this.#products === undefined ? this.#rows.length : this.#numChannels;
    if (size < 2) return [];
    const covariance = this.#products === undefined ? gramOf(this.#rows) : this.#covariance(this.#products);
    return symmetricEigenvalues(covariance);
  }

  #covariance(products: Float64Array): Matrix {
    const count = this.#count * this.#perChannel;
    const mean = (c: number) => (this.#sum[c] as number) / count;
    const n = this.#numChannels;
    const covariance = Matrix.zeros(n, n);
    for (let a = 0; a < n; a++) {
      for (let b = 0; b < n; b++) covariance.set(a, b, (products[a * n + b] as number) / count - mean(a) * mean(b));
    }
    return covariance;
  }
}

function addProducts(products: Float64Array, values: Float32Array, numChannels: number, size: number): void {
  for (let a = 0; a < numChannels; a++) {
    for (let b = a; b < numChannels; b++) {
      let sum = 0;
      for (let i = 0; i < size; i++) sum += (values[a * size + i] as number) * (values[b * size + i] as number);
      products[a * numChannels + b] = (products[a * numChannels + b] as number) + sum;
      if (a !== b) products[b * numChannels + a] = (products[b * numChannels + a] as number) + sum;
    }
  }
}

/** Inner products of centred rows: it has the non-zero eigenvalues of their covariance, but for a factor. */
function gramOf(rows: readonly Float32Array[]): Matrix {
  const centred = new Matrix(rows.map((row) => Array.from(row))).center('column');
  return centred.mmul(centred.transpose());
}

/** exp of the entropy of shares; 0 where there is no variance. */
function effectiveRank(eigenvalues: readonly number[]): number {
  const positive = eigenvalues.filter((value) => value > 0);
  const total = positive.reduce((sum, value) => sum + value, 0);
  if (total === 0) return 0;
  return Math.exp(-positive.reduce((sum, value) => sum + (value / total) * Math.log(value / total), 0));
}

function nearMode(histogram: Uint32Array, count: number): number {
  const mode = histogram.reduce((best, value, bin) => (value > (histogram[best] as number) ? bin : best), 0);
  const near = histogram.subarray(Math.max(0, mode - nearBins), mode + nearBins + 1);
  return near.reduce((sum, value) => sum + value, 0) / count;
}

export interface StatisticsOptions {
  readonly manifest: VisibleManifest;
  readonly zoo: string;
  readonly samples: readonly LinkSample[];
  readonly onProgress: (done: number, total: number) => void;
}

/** Statistics of every layer of a model's encoder and decoder over samples. */
export async function measureStatistics(options: StatisticsOptions): Promise<LayerStatistics[]> {
  const { samples, onProgress } = options;
  const trace = await openModelTrace(options.manifest, options.zoo);
  try {
    const layers: LayerStatistician[] = [];
    const visit = async (offset: number, take: (layer: LayerStatistician, values: LayerValues) => void) => {
      for (const [i, sample] of samples.entries()) {
        for (const [at, values] of (await trace.run(sample)).layers.entries()) {
          layers[at] ??= new LayerStatistician(values);
          take(layers[at], values);
        }
        onProgress(offset + i + 1, 2 * samples.length);
      }
    };
    await visit(0, (layer, values) => layer.add(values));
    await visit(samples.length, (layer, values) => layer.addAgain(values));
    return layers.map((layer) => layer.result());
  } finally {
    await trace.close();
  }
}

/** Table of layers for a terminal. */
export function renderStatistics(layers: readonly LayerStatistics[]): string {
  const header = ['network', 'layer', 'type', 'shape', 'mean', 'variance', 'sparsity %', 'dead', 'constant', 'rank'];
  return renderTable(
    header,
    layers.map((layer) => {
      const count = (state: string) => layer.channels.filter((channel) => channel.state === state).length;
      return [
        layer.network,
        layer.layer,
        layer.type,
        layer.shape.join(' x '),
        layer.mean.toPrecision(3),
        layer.variance.toPrecision(3),
        (100 * layer.sparsity).toFixed(1),
        `${count('dead')} of ${layer.channels.length}`,
        `${count('constant')} of ${layer.channels.length}`,
        `${layer.effectiveRank.toFixed(1)} of ${layer.fullRank}`,
      ];
    }),
  );
}
