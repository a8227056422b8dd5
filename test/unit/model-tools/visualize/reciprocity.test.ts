import { type AngularDelayCsi, createRandom } from '@edge-csi/csi';
import { describe, expect, test } from 'vitest';
import { ReciprocityMeter, renderReciprocityPlot } from '../../../../scripts/model-tools/src/visualize/reciprocity.ts';

function csiOf(value: (i: number) => readonly [number, number]): AngularDelayCsi {
  const entries = Array.from({ length: 1024 }, (_, i) => value(i));
  const values = Float32Array.from([...entries.map(([re]) => re), ...entries.map(([, im]) => im)]);
  return { domain: 'angular-delay', numAntennas: 32, numDelays: 32, values };
}

/** Bands with magnitudes in common; each band's phases are its own where `turn` says so. */
function measure(numSamples: number, turn: (random: () => number) => number) {
  const random = createRandom(3);
  const meter = new ReciprocityMeter();
  for (let s = 0; s < numSamples; s++) {
    const entries = Array.from({ length: 1024 }, () => ({
      magnitude: Math.abs(random.gaussian()),
      phase: 2 * Math.PI * random.uniform(),
    }));
    const turned = entries.map(({ phase }) => phase + turn(() => random.uniform()));
    const band = (phases: readonly number[]) =>
      csiOf((i) => {
        const magnitude = entries[i]?.magnitude as number;
        return [magnitude * Math.cos(phases[i] as number), magnitude * Math.sin(phases[i] as number)];
      });
    meter.add({ downlink: band(entries.map(({ phase }) => phase)), uplink: band(turned) });
  }
  return new Map(meter.result().map((row) => [row.quantity, row]));
}

describe('reciprocity', () => {
  test('of equal bands is 1 in every respect', () => {
    for (const { mean, interval95 } of measure(4, () => 0).values()) {
      expect(mean).toBeCloseTo(1, 5);
      expect(interval95[0]).toBeCloseTo(1, 5);
    }
  });

  test('of bands with magnitudes in common but not phases is 1 of magnitudes and 0 of phases', () => {
    const rows = measure(40, (uniform) => 2 * Math.PI * uniform());
    expect(rows.get('magnitude')?.mean).toBeCloseTo(1, 5);
    for (const quantity of ['complex', 'phase', 'sign']) {
      expect(Math.abs(rows.get(quantity)?.mean as number), quantity).toBeLessThan(0.02);
    }
    expect(rows.get('|Re|, |Im|')?.mean).toBeGreaterThan(0.1);
    expect(rows.get('|Re|, |Im|')?.mean).toBeLessThan(0.9);
  });

  test('a common turn of half a circle is -1 of phases, and a whole one does not matter', () => {
    expect(measure(4, () => Math.PI).get('phase')?.mean).toBeCloseTo(-1, 5);
    expect(measure(4, () => 2 * Math.PI).get('phase')?.mean).toBeCloseTo(1, 5);
  });

  test('intervals hold the middle of the samples, the wider around the narrower', () => {
    for (const { mean, interval75, interval95 } of measure(40, (uniform) => 2 * Math.PI * uniform()).values()) {
      expect(interval95[0]).toBeLessThanOrEqual(interval75[0]);
      expect(interval75[1]).toBeLessThanOrEqual(interval95[1]);
      expect(mean).toBeGreaterThanOrEqual(interval95[0]);
      expect(mean).toBeLessThanOrEqual(interval95[1]);
    }
  });

  test('without samples is refused', () => {
    expect(() => new ReciprocityMeter().result()).toThrow(RangeError);
  });

  test('is drawn with an axis that holds every interval', () => {
    const row = { quantity: 'phase', mean: 0, interval75: [-0.2, 0.2], interval95: [-0.6, 0.6] } as const;
    const svg = renderReciprocityPlot([row], 'data.npz, 4 samples');
    const outer = /<line x1="([\d.]+)" x2="([\d.]+)"[^>]*class="outer"/.exec(svg);
    const axis = [...svg.matchAll(/<line x1="([\d.]+)"[^>]*class="grid"/g)].map((match) => Number(match[1]));
    expect(Number(outer?.[1])).toBeGreaterThan(Math.min(...axis));
    expect(Number(outer?.[2])).toBeLessThan(Math.max(...axis));
    expect(svg).toContain('>-0.75</text>');
  });
});
