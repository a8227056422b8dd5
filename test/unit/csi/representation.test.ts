import { createRepresentation, type Representation, type RepresentationSpec } from '@edge-csi/csi';
import { describe, expect, it } from 'vitest';
import { angularDelay } from './golden.ts';

// Not square, so that antennas and delays cannot be mixed up unseen.
const shape = { numAntennas: 3, numDelays: 2 };
const scale = { minDb: -60, stepDb: 0.5, bits: 8 };
const spherical = { kind: 'spherical', scale } as const;
const minmax = { kind: 'minmax', downlink: { min: 0, max: 8 }, uplink: { min: 0, max: 16 } } as const;
const specs = {
  'spherical magnitudes': { ...shape, planes: 'magnitude', normalization: spherical },
  'minmax magnitudes': { ...shape, planes: 'magnitude', normalization: minmax },
  'spherical parts': { ...shape, planes: 'absolute-parts', normalization: spherical },
} as const satisfies Record<string, RepresentationSpec>;
const cases = Object.entries(specs).map(([name, spec]) => [name, createRepresentation(spec)] as const);
const csi = angularDelay(3, 2, [3, 0, 0, -4, 0, 0, 0, 0, 0, 0, 0, 0]);

/** The way of a sample that the networks leave as it is: its true components with its phases or signs. */
function thereAndBack(representation: Representation, values: ArrayLike<number>, entryBits: number): Float32Array {
  const sample = angularDelay(3, 2, Array.from(values));
  const bits = new Uint8Array(representation.numComponents).fill(entryBits);
  const { input, norm } = representation.normalize(sample);
  const components = input.values.slice();
  representation.denormalize(components);
  const out = new Float32Array(12).fill(Number.NaN);
  const phase = representation.encodePhase(sample, bits).bytes;
  representation.reconstructInto(out, { components, bits, phase, norm });
  return out;
}

describe.each(cases)('%s', (_name, representation) => {
  it('come back as the CSI they were made of', () => {
    const values = [3, -1, 0.5, -4, 0, 2, 0, 1, -1.5, -2, 1, 0.25];
    // Eight phase bits leave 0.7 degrees either way; signs leave nothing.
    const entryBits = representation.tensor.name === 'parts' ? 1 : 8;
    const out = thereAndBack(representation, values, entryBits);
    for (const [i, value] of values.entries()) {
      expect(Math.abs((out[i] as number) - value)).toBeLessThan(entryBits === 1 ? 1e-6 : 0.06);
    }
  });

  it('are rebuilt as 0 where they have no bits', () => {
    expect(thereAndBack(representation, csi.values, 0)).toEqual(new Float32Array(12));
  });

  it('take a norm in the middle of what they take', () => {
    const { level } = representation.quantizeNorm(representation.trialNorm);
    expect(level).toBe(representation.scaleBits === 0 ? 0 : 128);
  });

  it('have as many values as their tensor has in a sample', () => {
    const { tensor, numComponents } = representation;
    expect(tensor.dims.reduce((product, dim) => product * dim, 1)).toBe(numComponents);
    expect(representation.normalize(csi).input.values.length).toBe(numComponents);
  });

  it('are the same of the uplink as of the downlink, but for the range', () => {
    const doubled = csi.values.map((value) => 2 * value);
    const out = new Float32Array(representation.numComponents);
    representation.uplinkInto(out, doubled);
    // Spherical: the factor is gone with the norm; minmax: the range is twice as wide.
    expect(out).toEqual(representation.normalize(csi).input.values);
  });

  it('are those of an all-zero uplink where there is none', () => {
    const missing = new Float32Array(representation.numComponents).fill(9);
    const zero = missing.slice();
    representation.uplinkInto(missing, undefined);
    representation.uplinkInto(zero, new Float32Array(12));
    expect(missing).toEqual(zero);
  });
});

describe('a representation', () => {
  const [magnitudes, absolute, parts] = cases.map(([, representation]) => representation) as [
    Representation,
    Representation,
    Representation,
  ];

  it('names the tensor of the networks, with the dims of one sample', () => {
    expect(magnitudes.tensor).toEqual({ name: 'magnitude', dims: [3, 2] });
    expect(absolute.tensor).toEqual({ name: 'magnitude', dims: [3, 2] });
    expect(parts.tensor).toEqual({ name: 'parts', dims: [2, 3, 2] });
  });

  it('sends a norm where the networks do not see it, and only there', () => {
    expect([magnitudes.scaleBits, absolute.scaleBits, parts.scaleBits]).toEqual([8, 0, 8]);
    expect(magnitudes.normalize(csi).norm).toBe(5);
    expect(absolute.normalize(csi).norm).toBe(1);
    expect(parts.normalize(csi).norm).toBe(5);
    expect(absolute.quantizeNorm(1e9).level).toBe(0);
    expect(absolute.dequantizeNorm({ domain: 'scale', level: 0 })).toBe(1);
    expect(() => absolute.dequantizeNorm({ domain: 'scale', level: 1 })).toThrow(
      expect.objectContaining({ code: 'payload-invalid', message: expect.stringContaining('scale level is 1') }),
    );
  });

  it('shows the networks |h| mapped from its range to 0.5..1 under minmax', () => {
    expect(absolute.normalize(csi).input.values).toEqual(Float32Array.of(0.6875, 0.5, 0.5, 0.75, 0.5, 0.5));
    const output = Float32Array.of(0.4, 0.5, 0.75, 1);
    absolute.denormalize(output);
    expect(output).toEqual(Float32Array.of(0, 0, 4, 8));
  });

  it('does not exist for minmax of absolute parts, whose ranges are of |h|', () => {
    const create = () => createRepresentation({ ...shape, planes: 'absolute-parts', normalization: minmax });
    expect(create).toThrow(expect.objectContaining({ code: 'model-invalid' }));
    expect(create).toThrow('planes are absolute-parts, which minmax does not normalise');
  });
});
