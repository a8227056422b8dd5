import { sizeOf } from '../onnx/tensor.ts';
import { isWholeMatrix, type LayerValues, type SampleTrace } from './model-trace.ts';

/** Columns of a vector that is no matrix of antennas and delays. */
const vectorWidth = 32;
const vectorAxes = ['row', 'column'] as const;

export interface FigureOptions {
  /** Dims of one sample's components. */
  readonly dims: readonly number[];
  /** What the encoder calls its codeword. */
  readonly codeword: string;
  /** Traces of the same model, one of each sample. */
  readonly traces: readonly SampleTrace[];
}

/** Figures of everything that encoder and decoder made of the samples, in the order they ran. */
export function activationFigures({ dims, codeword, traces }: FigureOptions): Figure[] {
  const matrix = (label: string, pick: (trace: SampleTrace) => Float32Array) => mapsOf(label, dims, traces.map(pick));
  const difference = ({ truth, decoded }: SampleTrace) => decoded.map((value, i) => value - (truth[i] as number));
  const hasUplink = traces.every((trace) => trace.uplink !== undefined);
  const uplink = hasUplink ? matrix('uplink', (trace) => trace.uplink as Float32Array) : [];
  const truth = matrix('true downlink', (trace) => trace.truth);
  const output = matrix('output', (trace) => trace.decoded);
  const [first] = traces;
  const layers = (first?.layers ?? []).map((layer, i) =>
    layerFigure(
      layer,
      traces.map(({ layers }) => layers[i] as LayerValues),
      { dims, codeword, uplink },
    ),
  );
  const figures = [
    figure('input', 'input', 'Input', `What the networks get: downlink${hasUplink ? ' and uplink' : ''}, normalised.`, [
      ...matrix('downlink', (trace) => trace.truth),
      ...uplink,
    ]),
    ...layers,
    figure('output', 'output', 'Output against the truth', 'The estimate and what it should be.', [
      ...output,
      ...truth,
    ]),
    figure('error', 'output', 'Error', 'Output less truth.', matrix('error', difference)),
  ];
  // Numbered, so that files are in the order of the layers and no two have one name.
  const digits = String(figures.length).length;
  return figures.map((each, i) => ({ ...each, id: `${String(i).padStart(digits, '0')}-${each.id}` }));
}

function layerFigure(
  shown: LayerValues,
  perSample: readonly LayerValues[],
  {
    dims,
    codeword,
    uplink,
  }: { readonly dims: readonly number[]; readonly codeword: string; readonly uplink: readonly HeatMap[] },
): Figure {
  const { layer, network } = shown;
  const isWhole = isWholeMatrix(shown, dims);
  const values = perSample.map((entry) => entry.values);
  const shape = shown.dims.join(' × ');
  const path = layer.name.startsWith(`${network}.`) ? layer.name : `${network}.${layer.name}`;
  const id = path.replaceAll(/[^\w.-]+/g, '-');
  const caption = `${layer.kind}, ${shape}`;
  if (layer.kind === 'Dense' && isWhole && uplink.length > 0) {
    const text = `${caption}, beside the uplink that the BS measured.`;
    return figure(id, network, layer.name, text, [...mapsOf('Dense output', dims, values), ...uplink]);
  }
  if (network === 'encoder' && layer.views.includes(codeword)) {
    const text = `${caption}: the codeword, row by row.`;
    return { ...figure(id, network, layer.name, text, mapsOf('codeword', shown.dims, values)), axes: vectorAxes };
  }
  const maps = mapsOf('', isWhole ? dims : shown.dims, values);
  const isVector = shown.dims.length < 2 && !isWhole;
  return { ...figure(id, network, layer.name, caption, maps), ...(isVector && { axes: vectorAxes }) };
}

function figure(id: string, section: string, title: string, caption: string, maps: readonly HeatMap[]): Figure {
  return { id, section, title, caption, axes: ['angle', 'delay'], maps };
}

/** The maps of `[C, H, W]` or `[H, W]`; a vector is laid out in rows. */
function mapsOf(label: string, dims: readonly number[], values: readonly Float32Array[]): HeatMap[] {
  if (dims.length < 2) return [vectorMap(label, values)];
  const [height = 1, width = 1] = dims.slice(-2);
  const count = sizeOf(dims.slice(0, -2));
  return Array.from({ length: count }, (_, c) => ({
    label: count === 1 ? label || 'channel 0' : `${label} ${label === '' ? 'channel ' : ''}${c}`.trim(),
    height,
    width,
    values: values.map((sample) => sample.subarray(c * height * width, (c + 1) * height * width)),
  }));
}

function vectorMap(label: string, values: readonly Float32Array[]): HeatMap {
  const length = values[0]?.length ?? 0;
  const width = Math.max(1, Math.min(vectorWidth, length));
  const height = Math.max(1, Math.ceil(length / width));
  const padded = values.map((sample) => {
    const out = new Float32Array(height * width).fill(Number.NaN);
    out.set(sample);
    return out;
  });
  return { label: label || 'values', height, width, values: padded };
}

/** One heat map of a figure. */
export interface HeatMap {
  readonly label: string;
  readonly height: number;
  readonly width: number;
  /** Row-major, of each sample; NaN where there is nothing. */
  readonly values: readonly Float32Array[];
}

/** Heat maps that share one colour scale over all maps and samples. */
export interface Figure {
  /** Fit for a file name. */
  readonly id: string;
  /** What it is a part of: input, encoder, decoder, output. */
  readonly section: string;
  readonly title: string;
  readonly caption: string;
  /** Names of a map's rows and columns. */
  readonly axes: readonly [string, string];
  readonly maps: readonly HeatMap[];
}

/** Range of a figure's colours. */
export interface ColourScale {
  readonly min: number;
  readonly max: number;
  /** Whether there are values of either sign: 0 is in the middle then. */
  readonly diverging: boolean;
}

/** The one colour scale of all maps and samples of a figure. */
export function scaleOf({ maps }: Figure): ColourScale {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const { values } of maps) {
    for (const sample of values) {
      for (const value of sample) {
        if (value < min) min = value;
        if (value > max) max = value;
      }
    }
  }
  if (!Number.isFinite(min) || !Number.isFinite(max)) return { min: 0, max: 1, diverging: false };
  const reach = Math.max(-min, max);
  if (min < 0 && max > 0) return { min: -reach, max: reach, diverging: true };
  return { min, max: max > min ? max : min + 1, diverging: false };
}
