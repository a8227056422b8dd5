import { createRandom, encodePhase, reconstructInto } from '@edge-csi/csi';
import { describe, expect, it } from 'vitest';
import { angularDelay } from './golden.ts';
import { fc } from './seeded.ts';

interface Entry {
  readonly bits: number;
  readonly magnitude: number;
  readonly phaseRad: number;
}

const entry = fc.record({
  bits: fc.integer({ min: 0, max: 8 }),
  magnitude: fc.double({ min: 1e-3, max: 10, noNaN: true }),
  phaseRad: fc.double({ min: -Math.PI, max: Math.PI, noNaN: true }),
});

function roundTrip(entries: readonly Entry[], norm: number): { re: Float32Array; im: Float32Array; bitLength: number } {
  const n = entries.length;
  const csi = angularDelay(1, n, [
    ...entries.map((e) => e.magnitude * Math.cos(e.phaseRad)),
    ...entries.map((e) => e.magnitude * Math.sin(e.phaseRad)),
  ]);
  const bits = Uint8Array.from(entries, (e) => e.bits);
  const { bytes, bitLength } = encodePhase(csi, bits);
  const out = new Float32Array(2 * n).fill(Number.NaN);
  const magnitude = Float32Array.from(entries, (e) => e.magnitude);
  reconstructInto(out, { magnitude, bits, phase: bytes, norm });
  return { re: out.subarray(0, n), im: out.subarray(n), bitLength };
}

describe('phase coder', () => {
  it('is within half a sector of every phase, shrunk by sinc(2^-b)', () => {
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1, maxLength: 50 }), (entries) => {
        const norm = 3;
        const { re, im, bitLength } = roundTrip(entries, norm);
        expect(bitLength).toBe(entries.reduce((sum, e) => sum + e.bits, 0));
        entries.forEach(({ bits, magnitude, phaseRad }, i) => {
          const x = re[i] as number;
          const y = im[i] as number;
          if (bits === 0) {
            expect([x, y]).toEqual([0, 0]);
            return;
          }
          const turned = Math.atan2(y, x) - phaseRad;
          const errorRad = Math.abs(Math.atan2(Math.sin(turned), Math.cos(turned)));
          expect(errorRad).toBeLessThanOrEqual(Math.PI / 2 ** bits + 1e-5);
          const sector = Math.PI / 2 ** bits;
          expect(Math.hypot(x, y)).toBeCloseTo((norm * magnitude * Math.sin(sector)) / sector, 4);
        });
      }),
    );
  });

  it('rebuilds phases on the grid exactly, from one bit to eight', () => {
    for (let bits = 1; bits <= 8; bits++) {
      const codes = 2 ** bits;
      const entries = Array.from({ length: codes }, (_, u) => ({
        bits,
        magnitude: 1,
        phaseRad: (2 * Math.PI * u) / codes,
      }));
      const { re, im } = roundTrip(entries, 1);
      const sector = Math.PI / codes;
      entries.forEach(({ phaseRad }, u) => {
        expect(re[u]).toBeCloseTo((Math.cos(phaseRad) * Math.sin(sector)) / sector, 6);
        expect(im[u]).toBeCloseTo((Math.sin(phaseRad) * Math.sin(sector)) / sector, 6);
      });
    }
  });

  it('sends codes in index order, most significant bit first', () => {
    // Phases of 90, 0 (no bits), 180 and -90 degrees, as codes of 2, 0, 3 and 2 bits: 01, 100, 11.
    const csi = angularDelay(2, 2, [0, 1, -1, 0, 1, 0, 0, -1]);
    const { bytes, bitLength } = encodePhase(csi, Uint8Array.of(2, 0, 3, 2));
    expect(bitLength).toBe(7);
    expect(bytes).toEqual(Uint8Array.of(0b01100110));
  });

  it('wraps a phase just below a full turn to code 0', () => {
    const csi = angularDelay(1, 1, [1, -1e-3]);
    expect(encodePhase(csi, Uint8Array.of(4)).bytes).toEqual(Uint8Array.of(0));
  });

  it('sends code 0 for an entry of zero, whatever the signs of its zeros', () => {
    const csi = { domain: 'angular-delay', numAntennas: 1, numDelays: 4 } as const;
    const values = Float32Array.of(0, -0, 0, -0, 0, 0, -0, -0);
    expect(encodePhase({ ...csi, values }, Uint8Array.of(2, 2, 2, 2)).bytes).toEqual(Uint8Array.of(0));
  });

  it('has the least mean squared error with the sinc factor', () => {
    const random = createRandom(2);
    const entries = Array.from({ length: 4000 }, () => ({
      bits: 1,
      magnitude: 1,
      phaseRad: (2 * random.uniform() - 1) * Math.PI,
    }));
    const { re, im } = roundTrip(entries, 1);
    const meanError = (gain: number): number =>
      entries.reduce((sum, { phaseRad }, i) => {
        const x = gain * (re[i] as number) - Math.cos(phaseRad);
        const y = gain * (im[i] as number) - Math.sin(phaseRad);
        return sum + x * x + y * y;
      }, 0) / entries.length;
    expect(meanError(1)).toBeLessThan(meanError(0.9));
    expect(meanError(1)).toBeLessThan(meanError(1.1));
    expect(meanError(1)).toBeCloseTo(1 - (2 / Math.PI) ** 2, 1);
  });

  it('refuses phases of another length or with non-zero padding', () => {
    const bits = Uint8Array.of(5, 4);
    const magnitude = new Float32Array(2).fill(1);
    const out = new Float32Array(4);
    const rebuild = (phase: Uint8Array) => () => reconstructInto(out, { magnitude, bits, phase, norm: 1 });
    expect(rebuild(Uint8Array.of(0xff, 0x80))).not.toThrow();
    const invalid = expect.objectContaining({ code: 'payload-invalid' });
    expect(rebuild(new Uint8Array(1))).toThrow(invalid);
    expect(rebuild(new Uint8Array(3))).toThrow(invalid);
    expect(rebuild(Uint8Array.of(0xff, 0x81))).toThrow(invalid);
    expect(rebuild(Uint8Array.of(0xff, 0xc0))).toThrow(invalid);
  });

  it('refuses arrays that do not fit each other', () => {
    const csi = angularDelay(1, 2, [1, 1, 1, 1]);
    expect(() => encodePhase(csi, new Uint8Array(3))).toThrow(RangeError);
    expect(() => encodePhase(csi, Uint8Array.of(1, 9))).toThrow('bits[1] is 9, must be 0..8');
    const report = { magnitude: new Float32Array(2), bits: new Uint8Array(2), phase: new Uint8Array(0), norm: 1 };
    expect(() => reconstructInto(new Float32Array(3), report)).toThrow(RangeError);
    expect(() => reconstructInto(new Float32Array(4), { ...report, magnitude: new Float32Array(1) })).toThrow(
      RangeError,
    );
  });
});
