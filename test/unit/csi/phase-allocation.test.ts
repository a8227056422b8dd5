import { CsiError, createQuantizer, createRandom } from '@edge-csi/csi';
import { createPhaseAllocation, type PhaseAllocation, phaseThresholds } from '@edge-csi/csi/dualnet';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { fc } from './seeded.ts';

type Kernel = 'wasm' | 'js';
const kernels: readonly Kernel[] = ['wasm', 'js'];

interface Operands {
  readonly matrix: Int8Array;
  readonly bias: Int32Array;
  readonly centred: Int16Array;
}

function allocationOf({ matrix, bias, centred }: Operands, kernel?: Kernel, maxBits = 8): PhaseAllocation {
  const bytes = new Uint8Array(matrix.length + 4 * bias.length);
  bytes.set(new Uint8Array(matrix.buffer, matrix.byteOffset, matrix.length));
  const view = new DataView(bytes.buffer, matrix.length);
  bias.forEach((value, i) => {
    view.setInt32(4 * i, value, true);
  });
  const shape = { bytes, numEntries: bias.length, codewordLength: centred.length, maxBits };
  return createPhaseAllocation(kernel === undefined ? shape : { ...shape, kernel });
}

/** An allocation whose coarse magnitudes are given: the matrix is zero. */
function allocationFor(coarse: readonly number[], maxBits: number): PhaseAllocation {
  const operands = {
    matrix: new Int8Array(coarse.length),
    bias: Int32Array.from(coarse),
    centred: new Int16Array(1),
  };
  return allocationOf(operands, undefined, maxBits);
}

function allocated(allocation: PhaseAllocation, theta: number): number[] {
  const out = new Uint8Array(allocation.numEntries);
  const total = allocation.allocateInto(out, new Int16Array(1), theta);
  expect(total).toBe(out.reduce((sum, bits) => sum + bits, 0));
  return [...out];
}

function coarse(operands: Operands, kernel: Kernel): Int32Array {
  const out = new Int32Array(operands.bias.length);
  allocationOf(operands, kernel).coarseInto(out, operands.centred);
  return out;
}

/** The product in arbitrary precision, wrapped to int32 at the end. */
function exactCoarse({ matrix, bias, centred }: Operands): Int32Array {
  return bias.map((offset, entry) => {
    let sum = BigInt(offset);
    for (let i = 0; i < centred.length; i++) {
      sum += BigInt(matrix[entry * centred.length + i] as number) * BigInt(centred[i] as number);
    }
    return Number(BigInt.asIntN(32, sum));
  });
}

function randomOperands(numEntries: number, codewordLength: number, seed: number, extreme: boolean): Operands {
  const random = createRandom(seed);
  const draw = (min: number, max: number): number => {
    const u = random.uniform();
    if (extreme) return u < 0.5 ? min : max;
    return min + Math.floor(u * (max - min + 1));
  };
  return {
    matrix: Int8Array.from({ length: numEntries * codewordLength }, () => draw(-128, 127)),
    bias: Int32Array.from({ length: numEntries }, () => draw(-(2 ** 31), 2 ** 31 - 1)),
    centred: Int16Array.from({ length: codewordLength }, () => draw(-32768, 32767)),
  };
}

afterEach(() => {
  vi.unstubAllGlobals();
});

describe.each(kernels)('coarse magnitude, %s kernel', (kernel) => {
  it('is exact in wrapping int32, for any size and values', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 70 }),
        fc.integer(),
        fc.boolean(),
        (numEntries, codewordLength, seed, extreme) => {
          const operands = randomOperands(numEntries, codewordLength, seed, extreme);
          expect(coarse(operands, kernel)).toEqual(exactCoarse(operands));
        },
      ),
    );
  });

  it.each([43, 128, 384])('is exact at 1024 entries and M = %i', (codewordLength) => {
    const operands = randomOperands(1024, codewordLength, codewordLength, false);
    expect(coarse(operands, kernel)).toEqual(exactCoarse(operands));
  });

  it('is exact where every product is the most negative or most positive', () => {
    for (const element of [-32768, 32767]) {
      for (const weight of [-128, 127]) {
        const operands = {
          matrix: new Int8Array(5 * 384).fill(weight),
          bias: Int32Array.of(0, 2 ** 31 - 1, -(2 ** 31), 1, -1),
          centred: new Int16Array(384).fill(element),
        };
        expect(coarse(operands, kernel)).toEqual(exactCoarse(operands));
      }
    }
  });

  it('is exact for the codewords of every truncation', () => {
    const random = createRandom(5);
    const bits = Array.from({ length: 61 }, (_, i) => 1 + (i % 8));
    const latent = {
      domain: 'latent' as const,
      values: Float32Array.from(bits, (b) => random.gaussian() * 2 ** (b - 1)),
    };
    const { matrix, bias } = randomOperands(64, bits.length, 6, false);
    for (let truncation = 0; truncation <= 7; truncation++) {
      const quantizer = createQuantizer(
        bits,
        bits.map(() => 1),
        truncation,
      );
      const centred = new Int16Array(bits.length);
      quantizer.centredInto(centred, quantizer.quantize(latent));
      const operands = { matrix, bias, centred };
      expect(coarse(operands, kernel)).toEqual(exactCoarse(operands));
    }
  });

  it('keeps nothing from one call to the next', () => {
    const operands = randomOperands(30, 20, 3, false);
    const allocation = allocationOf(operands, kernel);
    const first = new Int32Array(30);
    const again = new Int32Array(30);
    allocation.coarseInto(first, operands.centred);
    allocation.coarseInto(new Int32Array(30), new Int16Array(20).fill(77));
    allocation.coarseInto(again, operands.centred);
    expect(again).toEqual(first);
  });
});

describe('kernel choice', () => {
  const operands = randomOperands(32, 43, 11, false);
  const bits = (kernel?: Kernel): Uint8Array => {
    const out = new Uint8Array(32);
    allocationOf(operands, kernel).allocateInto(out, operands.centred, 1000);
    return out;
  };

  it('does not change a single bit of an allocation', () => {
    const wasm = bits('wasm');
    expect(new Set(wasm).size).toBeGreaterThan(1);
    expect(bits('js')).toEqual(wasm);
    expect(bits()).toEqual(wasm);
  });

  it('falls back to JavaScript where there is no WebAssembly', () => {
    const expected = bits('js');
    vi.stubGlobal('WebAssembly', undefined);
    expect(bits()).toEqual(expected);
    expect(() => bits('wasm')).toThrow('no WebAssembly');
  });

  it('falls back to JavaScript where compiling is forbidden', () => {
    const expected = bits('js');
    const forbidden = class {
      constructor() {
        throw new EvalError('refused by the content security policy');
      }
    };
    vi.stubGlobal('WebAssembly', { Module: forbidden });
    expect(bits()).toEqual(expected);
    expect(() => bits('wasm')).toThrow('content security policy');
  });
});

describe('phase allocation', () => {
  it('gives round(log2(16 coarse / theta)) bits, clipped, away from ties', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2 ** 31 - 1 }),
        fc.integer({ min: 1, max: 2 ** 24 }),
        fc.integer({ min: 1, max: 8 }),
        (magnitude, theta, maxBits) => {
          const octaves = Math.log2((16 * magnitude) / theta);
          const isTie = [...phaseThresholds(theta, maxBits)].some((t) => Math.abs(magnitude - t) <= 1 + t * 1e-5);
          fc.pre(!isTie);
          const expected = Math.min(Math.max(Math.round(octaves), 0), maxBits);
          expect(allocated(allocationFor([magnitude], maxBits), theta)).toEqual([expected]);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('gives no bits to magnitudes of zero and below, whatever theta is', () => {
    for (const theta of [1, 1000, 2 ** 24]) {
      expect(allocated(allocationFor([0, -1, -(2 ** 31)], 8), theta)).toEqual([0, 0, 0]);
    }
  });

  it('switches exactly at each threshold', () => {
    const theta = 16_000;
    const thresholds = [...phaseThresholds(theta, 5)];
    expect(thresholds).toEqual([1414, 2828, 5656, 11313, 22627]);
    expect(allocated(allocationFor(thresholds, 5), theta)).toEqual([1, 2, 3, 4, 5]);
    expect(
      allocated(
        allocationFor(
          thresholds.map((t) => t - 1),
          5,
        ),
        theta,
      ),
    ).toEqual([0, 1, 2, 3, 4]);
  });

  it('never gives an entry more bits for a larger theta', () => {
    const theta = fc.integer({ min: 1, max: 2 ** 24 });
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 1, maxLength: 30 }), theta, theta, (magnitudes, a, b) => {
        const allocation = allocationFor(magnitudes, 8);
        const many = allocated(allocation, Math.min(a, b));
        const few = allocated(allocation, Math.max(a, b));
        few.forEach((bits, i) => {
          expect(bits).toBeLessThanOrEqual(many[i] as number);
        });
      }),
    );
  });

  it('has thresholds of at least 1 that do not fall', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 24 }), (theta) => {
        const thresholds = [...phaseThresholds(theta, 8)];
        expect(thresholds).toEqual(thresholds.toSorted((a, b) => a - b));
        expect(thresholds[0]).toBeGreaterThanOrEqual(1);
        thresholds.forEach((t, i) => {
          const exact = (BigInt(theta) * 46341n * 2n ** BigInt(i + 1)) / (65536n * 16n);
          expect(BigInt(t)).toBe(exact < 1n ? 1n : exact);
        });
      }),
    );
  });

  it('refuses an allocation file that does not fit the shape', () => {
    const shape = { numEntries: 4, codewordLength: 3, maxBits: 5 };
    expect(createPhaseAllocation({ ...shape, bytes: new Uint8Array(4 * 7) }).numEntries).toBe(4);
    for (const length of [0, 4 * 7 - 1, 4 * 7 + 1]) {
      const create = () => createPhaseAllocation({ ...shape, bytes: new Uint8Array(length) });
      expect(create).toThrow(CsiError);
      expect(create).toThrow(expect.objectContaining({ code: 'model-invalid' }));
    }
  });

  it('reads a file that lies at an odd offset of a larger buffer', () => {
    const operands = randomOperands(7, 5, 9, false);
    const file = new Uint8Array(7 * 9);
    file.set(new Uint8Array(operands.matrix.buffer));
    file.set(new Uint8Array(operands.bias.buffer), 35);
    const larger = new Uint8Array(100);
    larger.set(file, 3);
    const bytes = larger.subarray(3, 3 + file.length);
    const out = new Int32Array(7);
    createPhaseAllocation({ bytes, numEntries: 7, codewordLength: 5, maxBits: 4 }).coarseInto(out, operands.centred);
    expect(out).toEqual(exactCoarse(operands));
  });

  it('refuses arguments out of range', () => {
    const bytes = new Uint8Array(5);
    const shape = { bytes, numEntries: 1, codewordLength: 1, maxBits: 8 };
    expect(() => createPhaseAllocation({ ...shape, maxBits: 9 })).toThrow(RangeError);
    expect(() => createPhaseAllocation({ ...shape, maxBits: 0 })).toThrow(RangeError);
    expect(() => createPhaseAllocation({ ...shape, numEntries: 0 })).toThrow(RangeError);
    const allocation = createPhaseAllocation(shape);
    const centred = new Int16Array(1);
    for (const theta of [0, 2 ** 24 + 1, 1.5, Number.NaN]) {
      expect(() => allocation.allocateInto(new Uint8Array(1), centred, theta)).toThrow(RangeError);
    }
    expect(() => allocation.allocateInto(new Uint8Array(2), centred, 1)).toThrow(RangeError);
    expect(() => allocation.coarseInto(new Int32Array(1), new Int16Array(2))).toThrow(RangeError);
  });
});
