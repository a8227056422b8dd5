import { createRepresentation } from '@edge-csi/csi';
import type { ModelBundle } from '@edge-csi/models';
import type { IntegerEncoder } from './integer-encoder.ts';
import type { Kernel } from './kernel-module.ts';
import type { FloatEncoder } from './layers.ts';

const pageBytes = 65536;

/** A model laid out in a kernel's memory, with what goes in and out of it. */
export interface KernelMemory {
  /** Address of the `edge_model`. */
  readonly model: number;
  /** Planar `[2][numAntennas][numDelays]`, for the caller to fill. */
  readonly csi: Float32Array;
  readonly codeword: Uint8Array;
  /** As long as the most phase bits of a report. */
  readonly phase: Uint8Array;
  /** The norm of the CSI last encoded, one value. */
  readonly norm: Float64Array;
}

/** Hands out addresses, each a multiple of 16, then fills them in once the memory is large enough. */
class Layout {
  #end: number;
  readonly #writes: { readonly at: number; readonly bytes: Uint8Array }[] = [];

  constructor(start: number) {
    this.#end = roundUp(start, 16);
  }

  get end(): number {
    return this.#end;
  }

  /** Room for `byteLength` bytes, zero at first. */
  reserve(byteLength: number): number {
    const at = this.#end;
    this.#end = roundUp(at + byteLength, 16);
    return at;
  }

  place(values: ArrayBufferView): number {
    const at = this.reserve(values.byteLength);
    this.#writes.push({ at, bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength) });
    return at;
  }

  writeTo(buffer: ArrayBuffer): void {
    for (const { at, bytes } of this.#writes) new Uint8Array(buffer, at, bytes.length).set(bytes);
  }
}

/** Lays a model out as kernel/wasm.c's `edge_model` says. */
export function layOut(
  kernel: Kernel,
  bundle: ModelBundle,
  codewordBits: number,
  encoder: IntegerEncoder | FloatEncoder,
): KernelMemory {
  const { manifest, codec } = bundle;
  const { maxBits } = manifest.phase;
  const { numAntennas, numDelays } = manifest.csi;
  const n = createRepresentation(codec.representation).numComponents;
  const planes = n / (numAntennas * numDelays);
  const { length } = manifest.codeword;
  const numFine = encoder.kind === 'int8' ? encoder.numFine : 0;
  const rows = roundUp(length, 4);
  const width = roundUp(n + numFine, 8);
  const allocationWidth = roundUp(length, 8);
  const layout = new Layout(kernel.heapBase);
  const model = layout.reserve(256);
  const csi = layout.reserve(4 * 2 * numAntennas * numDelays);
  const codewordBytes = Math.ceil(codewordBits / 8);
  const codeword = layout.reserve(codewordBytes);
  const phaseBytes = Math.ceil((n * maxBits) / 8);
  const phase = layout.reserve(phaseBytes);
  const starts = new Uint16Array(numDelays);
  encoder.inputOrder.forEach((delay, rank) => {
    starts[delay] = rank * planes * numAntennas;
  });
  const shared = {
    starts: layout.place(starts),
    components: layout.place(components(bundle, encoder)),
    ...placeAllocation(layout, bundle, n, allocationWidth),
    centred: layout.reserve(2 * allocationWidth),
    coarse: layout.reserve(4 * roundUp(n, 4)),
  };
  const own =
    encoder.kind === 'int8' ? placeIntegers(layout, encoder, rows, width) : placeFloats(layout, encoder, rows, width);
  const { scale, offset } = inputScale(bundle, encoder);
  const spherical = manifest.normalization.kind === 'spherical' ? 1 : 0;
  const shift = encoder.kind === 'int8' ? encoder.shift : 0;
  const fields = Uint32Array.of(
    ...[numAntennas, numDelays, planes, length, maxBits],
    ...[rows, width, allocationWidth, numFine, shift, spherical],
    ...[own.convolution, own.convGains, own.convOffsets, shared.starts, own.weights, shared.components],
    ...[shared.allocation, shared.allocationBias, csi, own.natural, own.input, own.sums, shared.centred, shared.coarse],
    ...[codeword, phase],
    ...[own.floatWeights, own.floatBias, own.floatConvolution, own.floatNatural, own.floatInput, own.steps],
  );
  const doublesAt = roundUp(fields.byteLength, 8);
  const { memory } = kernel;
  const missing = layout.end - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / pageBytes));
  const { buffer } = memory;
  layout.writeTo(buffer);
  new Uint32Array(buffer, model, fields.length).set(fields);
  new Float64Array(buffer, model + doublesAt, 2).set([scale, offset]);
  return {
    model,
    csi: new Float32Array(buffer, csi, 2 * numAntennas * numDelays),
    codeword: new Uint8Array(buffer, codeword, codewordBytes),
    phase: new Uint8Array(buffer, phase, phaseBytes),
    norm: new Float64Array(buffer, model + doublesAt + 16, 1),
  };
}

/** `edge_csi_component[]`: offset, multiplier, bits. With float weights the bits alone are in use. */
function components(bundle: ModelBundle, encoder: IntegerEncoder | FloatEncoder): Uint8Array {
  const { length, bits } = bundle.manifest.codeword;
  const view = new DataView(new ArrayBuffer(16 * length));
  for (let j = 0; j < length; j++) {
    if (encoder.kind === 'int8') {
      view.setBigInt64(16 * j, encoder.offsets[j] as bigint, true);
      view.setInt32(16 * j + 8, encoder.multipliers[j] as number, true);
    }
    view.setInt32(16 * j + 12, bits[j] as number, true);
  }
  return new Uint8Array(view.buffer);
}

function placeAllocation(layout: Layout, { manifest, files }: ModelBundle, n: number, width: number) {
  const { length } = manifest.codeword;
  const bytes = files.get('allocation') as Uint8Array;
  const matrix = new Int8Array(roundUp(n, 4) * width);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  for (let i = 0; i < n; i++) {
    matrix.set(new Int8Array(bytes.buffer, bytes.byteOffset + i * length, length), i * width);
  }
  const bias = Int32Array.from({ length: n }, (_, i) => view.getInt32(n * length + 4 * i, true));
  return { allocation: layout.place(matrix), allocationBias: layout.place(bias) };
}

interface Placed {
  readonly convolution: number;
  readonly convGains: number;
  readonly convOffsets: number;
  readonly weights: number;
  readonly natural: number;
  readonly input: number;
  readonly sums: number;
  readonly floatWeights: number;
  readonly floatBias: number;
  readonly floatConvolution: number;
  readonly floatNatural: number;
  readonly floatInput: number;
  readonly steps: number;
}

/** Null pointers. */
const nothing: Placed = {
  ...{ convolution: 0, convGains: 0, convOffsets: 0, weights: 0, natural: 0, input: 0, sums: 0 },
  ...{ floatWeights: 0, floatBias: 0, floatConvolution: 0, floatNatural: 0, floatInput: 0, steps: 0 },
};

function placeIntegers(layout: Layout, encoder: IntegerEncoder, rows: number, width: number): Placed {
  const { conv, numInputs, numFine, codewordLength } = encoder;
  const columns = numInputs + numFine;
  const weights = new Int8Array(rows * width);
  for (let row = 0; row < codewordLength; row++) {
    weights.set(encoder.weights.subarray(row * columns, (row + 1) * columns), row * width);
  }
  return {
    ...nothing,
    weights: layout.place(weights),
    natural: layout.reserve(2 * numInputs),
    input: layout.reserve(2 * width),
    sums: layout.reserve(4 * rows),
    ...(conv && {
      convolution: layout.place(convolutionStruct(conv)),
      convGains: layout.place(conv.gains),
      convOffsets: layout.place(conv.offsets),
    }),
  };
}

/** `edge_csi_convolution`: nine int16, padding, three int32. */
function convolutionStruct({ taps, leak, shift, centre }: NonNullable<IntegerEncoder['conv']>): Uint8Array {
  const view = new DataView(new ArrayBuffer(32));
  taps.forEach((tap, i) => {
    view.setInt16(2 * i, tap, true);
  });
  view.setInt32(20, leak, true);
  view.setInt32(24, shift, true);
  view.setInt32(28, centre, true);
  return new Uint8Array(view.buffer);
}

function placeFloats(layout: Layout, encoder: FloatEncoder, rows: number, width: number): Placed {
  const { dense, conv, steps } = encoder;
  const { numInputs, numOutputs } = dense;
  const weights = new Float32Array(rows * width);
  for (let row = 0; row < numOutputs; row++) {
    weights.set(dense.weights.subarray(row * numInputs, (row + 1) * numInputs), row * width);
  }
  return {
    ...nothing,
    floatWeights: layout.place(weights),
    floatBias: layout.place(dense.bias),
    floatNatural: layout.reserve(4 * numInputs),
    floatInput: layout.reserve(4 * width),
    steps: layout.place(Float64Array.from(steps)),
    ...(conv && {
      floatConvolution: layout.place(Float32Array.of(...conv.taps, conv.bias, conv.leak, ...conv.gain, ...conv.shift)),
    }),
  };
}

/** The input is scale times a magnitude, over the norm of the matrix where that is divided by, plus offset. */
function inputScale(
  { manifest: { normalization } }: ModelBundle,
  encoder: IntegerEncoder | FloatEncoder,
): { readonly scale: number; readonly offset: number } {
  const unit = encoder.kind === 'int8' ? 2 ** encoder.inputFractionBits : 1;
  if (normalization.kind === 'spherical') return { scale: unit, offset: 0 };
  const { min, max } = normalization.downlink;
  const perMagnitude = unit / (2 * (max - min));
  const leftOut = encoder.kind === 'int8' ? encoder.inputOffset : 0;
  return { scale: perMagnitude, offset: (0.5 - leftOut) * unit - min * perMagnitude };
}

function roundUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}
