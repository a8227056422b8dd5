import {
  createBsCodec,
  encodePhase,
  type Network,
  type Quantizer,
  type ReceivedPayload,
  reconstructInto,
  type Tensor,
  uplinkMagnitudeInto,
} from '@edge-csi/csi';
import { createDualnet } from '@edge-csi/csi/dualnet';
import { describe, expect, it } from 'vitest';
import { servedModel, tinyCodec } from '../bs-server/served-model.ts';

const dualnet = createDualnet(tinyCodec);
const codec = createBsCodec({ ...tinyCodec, hasRefiner: true });
const normOf = (level: number) => dualnet.representation.dequantizeNorm({ domain: 'scale', level });
const numEntries = 4;
const maxBatchSize = 4;
const levels = [
  [3, 5, 9],
  [0, 1, 2],
  [3, 0, 15],
];
const uplinks = [Float32Array.of(3, 0, 0, 0, 0, 4, 0, 0), undefined, Float32Array.of(1, 1, 1, 1, 0, 0, 0, 0)];
const planes = Float32Array.of(0.3, -0.2, 0.1, -0.6, 0.4, 0.9, -0.8, 0.2);

/** magnitude[row][k] = |latent[row][0]| + uplink[row][k]; keeps what it was fed. */
class SumDecoder implements Network {
  readonly fed: Record<string, Tensor>[] = [];

  run(inputs: Readonly<Record<string, Tensor>>): Promise<Float32Array> {
    this.fed.push({ ...inputs });
    const { latent, uplink } = inputs as { latent: Tensor; uplink: Tensor };
    return Promise.resolve(
      uplink.values.map((value, k) => value + Math.abs(latent.values[3 * Math.floor(k / numEntries)] as number)),
    );
  }
}

function quantizerOf(truncation: number): Quantizer {
  return dualnet.quantizer.withTruncation(truncation);
}

function bitsOf(codewordLevels: readonly number[], truncation: number, theta: number): Uint8Array {
  const centred = new Int16Array(3);
  quantizerOf(truncation).centredInto(centred, { domain: 'codeword', levels: Uint8Array.from(codewordLevels) });
  const bits = new Uint8Array(numEntries);
  dualnet.allocation.allocateInto(bits, centred, theta);
  return bits;
}

/** A payload with the rate it was made at, and its uplink. */
interface Input extends ReceivedPayload {
  readonly truncation: number;
  readonly theta: number;
  readonly uplink: Float32Array | undefined;
}

function inputOf(i: number, truncation = 0, theta = 1): Input {
  const codewordLevels = (levels[i] as number[]).map((level, k) => level % 2 ** (quantizerOf(truncation).bits[k] ?? 1));
  const codeword = quantizerOf(truncation).pack({ domain: 'codeword', levels: Uint8Array.from(codewordLevels) });
  const bits = bitsOf(codewordLevels, truncation, theta);
  const phase = encodePhase({ domain: 'angular-delay', numAntennas: 2, numDelays: 2, values: planes }, bits);
  return {
    codeword: codeword.bytes,
    scale: 40 * i,
    phase: phase.bytes,
    payloadBits: codeword.bitLength + 8 + phase.bitLength,
    truncation,
    theta,
    uplink: uplinks[i],
  };
}

/** What the decoder should say, computed one report at a time. */
function expected(input: Input): Float32Array {
  const quantizer = quantizerOf(input.truncation);
  const codeword = quantizer.unpack(input.codeword);
  const latent = new Float32Array(3);
  quantizer.dequantizeInto(latent, codeword);
  const magnitude = new Float32Array(numEntries);
  if (input.uplink !== undefined) uplinkMagnitudeInto(magnitude, input.uplink);
  for (let k = 0; k < numEntries; k++) magnitude[k] = (magnitude[k] as number) + Math.abs(latent[0] as number);
  const out = new Float32Array(2 * numEntries);
  const norm = normOf(input.scale);
  const bits = bitsOf([...codeword.levels], input.truncation, input.theta);
  reconstructInto(out, { magnitude, bits, phase: input.phase, norm });
  return out;
}

function rowOf(input: Input) {
  const { uplink, truncation, theta } = input;
  const record = codec.receive(input, { codewordTruncation: truncation, phaseTheta: theta });
  return { record, uplink, estimate: new Float32Array(2 * numEntries) };
}

async function decode(inputs: readonly Input[], decoder: Network = new SumDecoder(), refiner?: Network) {
  const rows = inputs.map(rowOf);
  const networks = { decoder, ...(refiner && { refiner }) };
  const statuses = await codec.createDecoder(networks, maxBatchSize).decode(rows);
  return rows.map(({ estimate }, i) => ({ status: statuses[i], values: estimate }));
}

describe('the decoder of dualnet', () => {
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
    const rows = codec.createDecoder({ decoder }, maxBatchSize);
    for (const i of [0, 1]) await rows.decode([rowOf(inputOf(i))]);
    expect(decoder.fed[1]?.uplink?.values).toEqual(new Float32Array(numEntries));
  });

  it.each<[string, Partial<Input>, string]>([
    ['codeword padding that is not zero', { codeword: Uint8Array.of(255, 255) }, 'codeword'],
    ['more phase bits than its codeword asks for', { phase: new Uint8Array(2), payloadBits: 9 + 8 + 9 }, 'phase'],
    ['phase padding that is not zero', { phase: Uint8Array.of(255) }, 'phase'],
  ])('flags a report with %s and leaves the others unharmed', async (_name, change, status) => {
    const decoder = new SumDecoder();
    const inputs = [inputOf(1), { ...inputOf(1), ...change }, inputOf(2)];
    const results = await decode(inputs, decoder);
    expect(results.map((result) => result.status)).toEqual(['decoded', status, 'decoded']);
    expect(results[0]?.values).toEqual(expected(inputs[0] as Input));
    expect(results[2]?.values).toEqual(expected(inputs[2] as Input));
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
    const expectedCell = servedModel().manifest.codeword.step.map((step, k) => {
      const bits = servedModel().manifest.codeword.bits[k] as number;
      return (step * 2 ** Math.min(truncation, bits - 1)) / 2;
    });
    expect(Array.from(decoder.fed[0]?.cell?.values ?? [])).toEqual(Array.from(Float32Array.from(expectedCell)));
  });

  it('flags an estimate that is not finite', async () => {
    const nanInRow1: Network = {
      run: ({ uplink }) => {
        const out = (uplink as Tensor).values.slice().fill(0.5);
        out[numEntries + 3] = Number.NaN;
        return Promise.resolve(out);
      },
    };
    const results = await decode([inputOf(0), inputOf(1), inputOf(2)], nanInRow1);
    expect(results.map((result) => result.status)).toEqual(['decoded', 'estimate', 'decoded']);
  });

  it('refines the estimate of norm 1 and applies the scale afterwards', async () => {
    const fed: Record<string, Tensor>[] = [];
    const refiner: Network = {
      run: (inputs) => {
        fed.push(inputs);
        return Promise.resolve((inputs.estimate as Tensor).values.map((value) => value + 1));
      },
    };
    const inputs = [inputOf(1), inputOf(2)];
    const results = await decode(inputs, new SumDecoder(), refiner);
    for (const [i, input] of inputs.entries()) {
      const norm = normOf(input.scale);
      const unscaled = expected({ ...input, scale: 120 });
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

describe('the records of dualnet', () => {
  const whole = inputOf(1);
  const rate = { codewordTruncation: 0, phaseTheta: 1 };

  it.each<[string, Partial<Input>]>([
    ['codeword', { codeword: new Uint8Array(5) }],
    ['scale', { scale: 256 }],
    ['payloadBits', { payloadBits: 9 + 8 - 1 }],
    ['payloadBits', { payloadBits: 9 + 8 + 4 * 3 + 1 }],
    ['phase', { payloadBits: 9 + 8 + 12, phase: new Uint8Array(1) }],
    ['phase', { phase: new Uint8Array(3) }],
  ])('are made of no payload with a wrong %s', (where, change) => {
    const receive = () => codec.receive({ ...whole, ...change }, rate);
    expect(receive).toThrow(expect.objectContaining({ code: 'payload-invalid' }));
    expect(receive).toThrow(new RegExp(`^${where}: `));
  });

  it('take a scale of 0, and no other, where the model sends none', () => {
    const range = { min: 0, max: 1 };
    const normalization = { kind: 'minmax', downlink: range, uplink: range } as const;
    const { representation } = tinyCodec;
    const minmax = createBsCodec({ ...tinyCodec, representation: { ...representation, normalization } });
    const payload = { ...whole, scale: 0, payloadBits: whole.payloadBits - 8 };
    expect(minmax.receive(payload, rate).length).toBe(12 + whole.codeword.length + whole.phase.length);
    expect(() => minmax.receive({ ...payload, scale: 1 }, rate)).toThrow('scale: 1, expected 0 bits');
  });

  it('are at most as long as is said', () => {
    const longest = { ...whole, phase: new Uint8Array(2), payloadBits: 9 + 8 + 12 };
    expect(codec.receive(longest, rate).length).toBe(codec.maxRecordBytes);
  });

  it('are no harm where they come from somebody else, cut short or made up', async () => {
    const { record, ...row } = rowOf(whole);
    const noTheta = record.slice();
    noTheta.fill(0, 4, 8);
    const noTruncation = record.slice();
    noTruncation[0] = 9;
    const records = [record.subarray(0, 3), record.subarray(0, 13), record.subarray(0, -1), noTheta, noTruncation];
    const rows = [...records, record].map((bytes) => ({ ...row, record: bytes, estimate: row.estimate.slice() }));
    const decoder = codec.createDecoder({ decoder: new SumDecoder() }, 6);
    expect(await decoder.decode(rows)).toEqual(['codeword', 'codeword', 'phase', 'codeword', 'codeword', 'decoded']);
  });
});
