import { encodePhase, type Quantizer, reconstructInto, uplinkMagnitudeInto } from '@edge-csi/csi';
import { describe, expect, it } from 'vitest';
import { BatchBuffers, type DecoderInput } from '../../../bs-server/src/decode/batch-buffers.ts';
import { decoderModelOf } from '../../../bs-server/src/decode/decoder-model.ts';
import type { Graph, GraphTensor } from '../../../bs-server/src/decode/graph.ts';
import { ModelDecoder } from '../../../bs-server/src/decode/model-decoder.ts';
import { createRefine } from '../../../bs-server/src/decode/refine.ts';
import { servedModel } from './served-model.ts';

const { bundle } = servedModel();
const normOf = (level: number) => bundle.representation.dequantizeNorm({ domain: 'scale', level });
const model = decoderModelOf(bundle);
const numEntries = 4;
const layout = { maxBatchSize: 4, maxCodewordBytes: 2, maxPhaseBytes: 2, maxEntries: 6 };
const levels = [
  [3, 5, 9],
  [0, 1, 2],
  [3, 0, 15],
];
const uplinks = [Float32Array.of(3, 0, 0, 0, 0, 4, 0, 0), undefined, Float32Array.of(1, 1, 1, 1, 0, 0, 0, 0)];
const planes = Float32Array.of(0.3, -0.2, 0.1, -0.6, 0.4, 0.9, -0.8, 0.2);

/** magnitude[row][k] = |latent[row][0]| + uplink[row][k]; keeps what it was fed. */
class SumDecoder implements Graph {
  readonly inputNames = ['latent', 'cell', 'uplink'];
  readonly fed: Record<string, GraphTensor>[] = [];

  run(inputs: Readonly<Record<string, GraphTensor>>): Promise<Float32Array> {
    this.fed.push({ ...inputs });
    const { latent, uplink } = inputs as { latent: GraphTensor; uplink: GraphTensor };
    return Promise.resolve(
      uplink.values.map((value, k) => value + Math.abs(latent.values[3 * Math.floor(k / numEntries)] as number)),
    );
  }

  release(): Promise<void> {
    return Promise.resolve();
  }
}

function quantizerOf(truncation: number): Quantizer {
  return bundle.quantizer.withTruncation(truncation);
}

function bitsOf(codewordLevels: readonly number[], truncation: number, theta: number): Uint8Array {
  const centred = new Int16Array(3);
  quantizerOf(truncation).centredInto(centred, { domain: 'codeword', levels: Uint8Array.from(codewordLevels) });
  const bits = new Uint8Array(numEntries);
  bundle.allocation.allocateInto(bits, centred, theta);
  return bits;
}

function inputOf(i: number, truncation = 0, theta = 1): DecoderInput {
  const codewordLevels = (levels[i] as number[]).map((level, k) => level % 2 ** (quantizerOf(truncation).bits[k] ?? 1));
  const codeword = quantizerOf(truncation).pack({ domain: 'codeword', levels: Uint8Array.from(codewordLevels) }).bytes;
  const bits = bitsOf(codewordLevels, truncation, theta);
  const phase = encodePhase({ domain: 'angular-delay', numAntennas: 2, numDelays: 2, values: planes }, bits);
  return {
    codeword,
    truncation,
    theta,
    phase: phase.bytes,
    phaseBits: phase.bitLength,
    scaleLevel: 40 * i,
    uplink: uplinks[i],
  };
}

/** What the decoder should say, computed one report at a time. */
function expected(input: DecoderInput): Float32Array {
  const quantizer = quantizerOf(input.truncation);
  const codeword = quantizer.unpack(input.codeword);
  const latent = new Float32Array(3);
  quantizer.dequantizeInto(latent, codeword);
  const magnitude = new Float32Array(numEntries);
  if (input.uplink !== undefined) uplinkMagnitudeInto(magnitude, input.uplink);
  for (let k = 0; k < numEntries; k++) magnitude[k] = (magnitude[k] as number) + Math.abs(latent[0] as number);
  const out = new Float32Array(2 * numEntries);
  const norm = normOf(input.scaleLevel);
  const bits = bitsOf([...codeword.levels], input.truncation, input.theta);
  reconstructInto(out, { magnitude, bits, phase: input.phase, norm });
  return out;
}

async function decode(inputs: readonly DecoderInput[], decoder: Graph = new SumDecoder(), refiner?: Graph) {
  const batch = new BatchBuffers(layout);
  for (const [i, input] of inputs.entries()) batch.write(i, input, input.uplink);
  const refine = refiner === undefined ? undefined : createRefine(refiner);
  // The worker sees the same memory through views of its own.
  const workerSide = new BatchBuffers(layout, batch.memory);
  await new ModelDecoder(model, decoder, refine, layout.maxBatchSize).decode(workerSide, inputs.length);
  return inputs.map((_, i) => ({ status: batch.status(i), values: batch.estimate(i, numEntries).slice() }));
}

describe('ModelDecoder', () => {
  it('decodes every report of a batch as it would alone, with and without uplink', async () => {
    const inputs = [inputOf(0), inputOf(1), inputOf(2)];
    const results = await decode(inputs);
    expect(results).toEqual(inputs.map((input) => ({ status: 'decoded', values: expected(input) })));
    expect(results[0]?.values.some((value) => value !== 0)).toBe(true);
  });

  it('takes truncation and theta from each report', async () => {
    const inputs = [inputOf(0, 2, 1), inputOf(0, 0, 20), inputOf(2, 1, 3)];
    const results = await decode(inputs);
    expect(results).toEqual(inputs.map((input) => ({ status: 'decoded', values: expected(input) })));
  });

  it('feeds zeros for a missing uplink, whatever was in its place before', async () => {
    const decoder = new SumDecoder();
    const batch = new BatchBuffers(layout);
    const modelDecoder = new ModelDecoder(model, decoder, undefined, layout.maxBatchSize);
    for (const i of [0, 1]) {
      batch.write(0, inputOf(i), uplinks[i]);
      await modelDecoder.decode(batch, 1);
    }
    expect(decoder.fed[1]?.uplink?.values).toEqual(new Float32Array(numEntries));
  });

  it.each<[string, Partial<DecoderInput>, string]>([
    ['codeword padding that is not zero', { codeword: Uint8Array.of(255, 255) }, 'codeword'],
    ['more phase bits than its codeword asks for', { phase: new Uint8Array(2), phaseBits: 9 }, 'phase'],
    ['phase padding that is not zero', { phase: Uint8Array.of(255) }, 'phase'],
  ])('flags a report with %s and leaves the others unharmed', async (_name, change, status) => {
    const decoder = new SumDecoder();
    const inputs = [inputOf(1), { ...inputOf(1), ...change }, inputOf(2)];
    const results = await decode(inputs, decoder);
    expect(results.map((result) => result.status)).toEqual(['decoded', status, 'decoded']);
    expect(results[0]?.values).toEqual(expected(inputs[0] as DecoderInput));
    expect(results[2]?.values).toEqual(expected(inputs[2] as DecoderInput));
  });

  it('does not run the network where no report is left', async () => {
    const decoder = new SumDecoder();
    const [result] = await decode([{ ...inputOf(0), codeword: Uint8Array.of(255, 255) }], decoder);
    expect(result?.status).toBe('codeword');
    expect(decoder.fed).toEqual([]);
  });

  it.each([0, 1, 2])('tells the decoder how wide the cells are after %i dropped bits', async (truncation) => {
    const decoder = new SumDecoder();
    await decode([inputOf(1, truncation)], decoder);
    const expectedCell = bundle.manifest.codeword.step.map((step, k) => {
      const bits = bundle.manifest.codeword.bits[k] as number;
      return (step * 2 ** Math.min(truncation, bits - 1)) / 2;
    });
    expect(Array.from(decoder.fed[0]?.cell?.values ?? [])).toEqual(Array.from(Float32Array.from(expectedCell)));
  });

  it('flags an estimate that is not finite', async () => {
    const nanInRow1: Graph = {
      inputNames: ['uplink'],
      run: ({ uplink }) => {
        const out = (uplink as GraphTensor).values.slice().fill(0.5);
        out[numEntries + 3] = Number.NaN;
        return Promise.resolve(out);
      },
      release: () => Promise.resolve(),
    };
    const results = await decode([inputOf(0), inputOf(1), inputOf(2)], nanInRow1);
    expect(results.map((result) => result.status)).toEqual(['decoded', 'estimate', 'decoded']);
  });

  it('refines the estimate of norm 1 and applies the scale afterwards', async () => {
    const fed: Record<string, GraphTensor>[] = [];
    const refiner: Graph = {
      inputNames: ['estimate'],
      run: (inputs) => {
        fed.push(inputs);
        return Promise.resolve((inputs.estimate as GraphTensor).values.map((value) => value + 1));
      },
      release: () => Promise.resolve(),
    };
    const inputs = [inputOf(1), inputOf(2)];
    const results = await decode(inputs, new SumDecoder(), refiner);
    for (const [i, input] of inputs.entries()) {
      const norm = normOf(input.scaleLevel);
      const unscaled = expected({ ...input, scaleLevel: 120 });
      const values = results[i]?.values ?? new Float32Array();
      for (const [k, value] of values.entries()) expect(value).toBeCloseTo(norm * ((unscaled[k] as number) + 1), 5);
    }
    expect(normOf(120)).toBe(1);
    const shapes = Object.fromEntries(Object.entries(fed[0] ?? {}).map(([name, { dims }]) => [name, dims]));
    expect(shapes).toEqual({ estimate: [2, 2, 2, 2], magnitude: [2, 2, 2], bits: [2, 2, 2], uplink: [2, 2, 2] });
    const bits = inputs.flatMap((_, i) => [...bitsOf(levels[i + 1] as number[], 0, 1)]);
    expect([...(fed[0]?.bits?.values ?? [])]).toEqual(bits);
  });
});

describe('BatchBuffers', () => {
  it('refuses what does not fit its layout', () => {
    const batch = new BatchBuffers(layout);
    const input = inputOf(0);
    expect(() => batch.write(4, input, undefined)).toThrow(RangeError);
    expect(() => batch.write(0, { ...input, codeword: new Uint8Array(3) }, undefined)).toThrow('3 bytes');
    expect(() => batch.write(0, { ...input, phase: new Uint8Array(3) }, undefined)).toThrow(RangeError);
    expect(() => batch.write(0, input, new Float32Array(13))).toThrow('13 values');
  });
});
