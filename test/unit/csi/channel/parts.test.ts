import { ChannelStatistician, createRandom, withEstimationNoise } from '@edge-csi/csi';
import { describe, expect, it } from 'vitest';
import { cholesky, correlate, createGaussianField } from '../../../../csi/src/channel/correlation.ts';
import { createUeLocalCluster } from '../../../../csi/src/channel/cost2100/cluster.ts';
import { indoorHall } from '../../../../csi/src/channel/cost2100/parameters.ts';
import { visibilityGain } from '../../../../csi/src/channel/cost2100/visibility.ts';
import { PathBuffer } from '../../../../csi/src/channel/path-buffer.ts';
import { cdlTables } from '../../../../csi/src/channel/tr38901/cdl-tables.ts';
import { createDropEnvironment } from '../../../../csi/src/channel/tr38901/drop.ts';
import { clusterRays } from '../../../../csi/src/channel/tr38901/rays.ts';
import { dropScenario } from '../../../../csi/src/channel/tr38901/scenarios.ts';
import { deriveSeed, exponential, poisson } from '../../../../csi/src/random.ts';
import { angularDelay } from '../golden.ts';

const carriers = { downlinkCarrierHz: 5.3e9, uplinkCarrierHz: 5.1e9 };

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe('draws', () => {
  it('have the moments of their distributions', () => {
    const random = createRandom(1);
    const exponentials = Array.from({ length: 20_000 }, () => exponential(random));
    expect(mean(exponentials)).toBeCloseTo(1, 1);
    expect(mean(exponentials.map((x) => x * x))).toBeCloseTo(2, 0);
    const counts = Array.from({ length: 20_000 }, () => poisson(3.8, random));
    expect(Math.abs(mean(counts) - 3.8)).toBeLessThan(0.05);
    expect(Math.abs(mean(counts.map((x) => (x - 3.8) ** 2)) - 3.8)).toBeLessThan(0.15);
  });

  it('come from seeds that neither collide nor depend on how many parts there are', () => {
    const seeds = new Set<number>();
    for (let i = 0; i < 200; i++) for (let j = 0; j < 50; j++) seeds.add(deriveSeed(7, i, j));
    expect(seeds.size).toBe(10_000);
    expect(deriveSeed(7, 1, 2)).toBe(deriveSeed(7, 1, 2));
    expect(deriveSeed(7, 1, 2)).not.toBe(deriveSeed(7, 2, 1));
  });
});

describe('correlation', () => {
  it('mixes normals so that they correlate as asked', () => {
    const matrix = [
      [1, 0.5, -0.4],
      [0.5, 1, 0.2],
      [-0.4, 0.2, 1],
    ];
    const factor = cholesky(matrix);
    const random = createRandom(2);
    const drawn = Array.from({ length: 20_000 }, () =>
      correlate(
        factor,
        [0, 1, 2].map(() => random.gaussian()),
      ),
    );
    for (const [i, row] of matrix.entries()) {
      for (const [j, expected] of row.entries()) {
        expect(Math.abs(mean(drawn.map((x) => (x[i] ?? 0) * (x[j] ?? 0))) - expected)).toBeLessThan(0.03);
      }
    }
  });

  it('refuses a matrix that no variables can have', () => {
    expect(() =>
      cholesky([
        [1, 2],
        [2, 1],
      ]),
    ).toThrow(RangeError);
  });
});

describe('Gaussian field', () => {
  it('has variance 1 and forgets over its distance', () => {
    const fields = Array.from({ length: 3000 }, (_, seed) => createGaussianField(10, createRandom(seed)));
    const at = (x: number, y: number) => fields.map((field) => field({ x, y }));
    const origin = at(0, 0);
    expect(Math.abs(mean(origin.map((v) => v * v)) - 1)).toBeLessThan(0.08);
    for (const distance of [1, 10, 30]) {
      const there = at(0.6 * distance, 0.8 * distance);
      const correlation = mean(origin.map((v, i) => v * (there[i] as number)));
      expect(Math.abs(correlation - Math.exp(-distance / 10))).toBeLessThan(0.06);
    }
  });
});

describe('path buffer', () => {
  const path = { azimuthRad: 0, elevationRad: 0, delayNs: 1, gainIm: 0, uplinkGainRatio: 2, uplinkPhaseRad: 0.5 };

  it('leaves out what is negligible, in order, and nothing else', () => {
    const buffer = new PathBuffer(false);
    for (const gainRe of [0.001, 1, 0.002, 0.1, 0.003]) buffer.add({ ...path, gainRe });
    expect(Array.from(buffer.toPathList(0).gainRe)).toHaveLength(5);
    const kept = buffer.toPathList(6e-6).gainRe;
    expect(Array.from(kept, (gain) => Number(gain.toFixed(3)))).toEqual([1, 0.1, 0.003]);
    expect(buffer.downlinkEnergy).toBeCloseTo(1.010014, 9);
    expect(buffer.uplinkEnergy).toBeCloseTo(4.040056, 9);
  });

  it('grows, starts again empty, and has uplink phases where they belong', () => {
    const buffer = new PathBuffer(true);
    for (let i = 0; i < 1000; i++) buffer.add({ ...path, gainRe: 1 + i });
    const list = buffer.toPathList(0);
    expect(list.gainRe[999]).toBe(1000);
    expect(list.uplinkPhaseRad?.[999]).toBe(0.5);
    buffer.clear();
    expect(buffer.toPathList(0).gainRe).toHaveLength(0);
    expect(new PathBuffer(false).toPathList(0).uplinkPhaseRad).toBeUndefined();
  });
});

describe('COST 2100 parts', () => {
  it('sees a cluster whole from the middle of its region, half at the border and hardly from the rim', () => {
    const gain = (distanceM: number) => visibilityGain(indoorHall, distanceM, 0.0566);
    expect(gain(0)).toBeGreaterThan(0.98);
    expect(gain(1.72)).toBeCloseTo(0.5, 9);
    expect(gain(2.72)).toBeLessThan(0.03);
  });

  it('replaces scatterers that a UE leaves behind, the sum of their powers kept', () => {
    const at = (x: number) => ({ x, y: 0, z: 0 });
    const cluster = createUeLocalCluster(indoorHall, at(0), createRandom(3));
    const first = [...cluster.mpcsAt(at(0), 0)].map(({ mpc }) => mpc);
    let fading = 0;
    for (let x = 0; x < 3; x += 0.01) {
      const mpcs = [...cluster.mpcsAt(at(x), x)];
      fading = Math.max(fading, mpcs.length - 3);
      const power = mpcs.reduce((sum, m) => sum + m.amplitude ** 2 * (m.mpc.gainRe ** 2 + m.mpc.gainIm ** 2), 0);
      expect(power).toBeCloseTo(1, 9);
      const present = mpcs.filter(({ amplitude }) => amplitude > 0.99);
      for (const { mpc } of present) expect(Math.hypot(mpc.msSide.x - x, mpc.msSide.y)).toBeLessThan(1);
    }
    expect(fading).toBeGreaterThan(0);
    const last = [...cluster.mpcsAt(at(3), 3)].map(({ mpc }) => mpc);
    expect(last).not.toContain(first[0]);
  });
});

describe('TR 38.901 parts', () => {
  it.each(Object.entries(cdlTables))('has %s normalised to a delay spread of 1', (_, { rows }) => {
    const powers = rows.map(([, powerDb]) => 10 ** (powerDb / 10));
    const total = powers.reduce((sum, power) => sum + power, 0);
    const moment = (order: number) =>
      rows.reduce((sum, [delay], i) => sum + delay ** order * (powers[i] as number), 0) / total;
    expect(Math.sqrt(moment(2) - moment(1) ** 2)).toBeCloseTo(1, 1.5);
  });

  it('spreads the rays of a cluster by its spread around its middle', () => {
    const centre = { departureAzimuth: 90, arrivalAzimuth: 0, departureZenith: 90, arrivalZenith: 90 };
    const spread = { departureAzimuth: 5, arrivalAzimuth: 11, departureZenith: 3, arrivalZenith: 3 };
    const rays = clusterRays(centre, spread, 'independent', createRandom(4));
    const degrees = rays.map(({ azimuthRad }) => (azimuthRad * 180) / Math.PI);
    expect(rays).toHaveLength(20);
    expect(mean(degrees)).toBeCloseTo(90, 9);
    expect(Math.sqrt(mean(degrees.map((angle) => (angle - 90) ** 2)))).toBeCloseTo(5, 1);
    for (const { arrival } of rays) expect(Math.hypot(arrival.x, arrival.y, arrival.z)).toBeCloseTo(1, 9);
  });

  it.each(['umi', 'inh'] as const)('hands %s over from segment to segment without a step', (name) => {
    const scenario = dropScenario(name, carriers.downlinkCarrierHz);
    const ue = createDropEnvironment(scenario, carriers, 'independent', 5).startUe(6);
    const buffer = new PathBuffer(true);
    const energyAt = (travelledM: number) => {
      buffer.clear();
      ue.pathsInto(buffer, travelledM);
      return buffer.downlinkEnergy;
    };
    const lengthM = scenario.clusterCorrelationM;
    for (const border of [0.75, 1, 1.75, 2]) {
      const before = energyAt((border - 1e-7) * lengthM);
      const after = energyAt((border + 1e-7) * lengthM);
      expect(after / before).toBeCloseTo(1, 4);
    }
  });

  it('loses more power the farther a UE is', () => {
    const scenario = dropScenario('umi', carriers.downlinkCarrierHz);
    expect(scenario.lineOfSightProbability(10)).toBe(1);
    expect(scenario.lineOfSightProbability(100)).toBeLessThan(0.3);
    // TR 38.901, table 7.4.1-1 at 3 GHz, worked by hand: 32.4 + 21 lg 50.717 + 20 lg 3.
    expect(scenario.pathLossDb(true, 50, 3e9)).toBeCloseTo(77.76, 1);
    expect(scenario.pathLossDb(false, 50, 3e9)).toBeCloseTo(92.77, 1);
    const office = dropScenario('inh', carriers.downlinkCarrierHz);
    expect(office.pathLossDb(true, 10, 3e9)).toBeCloseTo(59.39, 1);
    expect(office.pathLossDb(false, 10, 3e9)).toBeCloseTo(67.81, 1);
  });
});

describe('statistics', () => {
  it('find equal bands fully correlated and noise not at all', () => {
    const random = createRandom(9);
    const draw = () =>
      angularDelay(
        32,
        32,
        Array.from({ length: 2048 }, () => random.gaussian()),
      );
    const same = new ChannelStatistician();
    const apart = new ChannelStatistician();
    for (let i = 0; i < 20; i++) {
      const csi = draw();
      same.add(csi, csi);
      apart.add(csi, draw());
    }
    expect(same.result().magnitudeCorrelation).toBeCloseTo(1, 9);
    expect(same.result().complexCorrelation).toBeCloseTo(1, 9);
    expect(Math.abs(apart.result().magnitudeCorrelation)).toBeLessThan(0.03);
    expect(apart.result().complexCorrelation).toBeLessThan(0.03);
  });

  it('count taps and entries', () => {
    const values = new Float32Array(2 * 4 * 8);
    // Powers 9 at tap 0 and 1 at tap 3.
    values[0] = 3;
    values[32 + 8 + 3] = 1;
    const statistician = new ChannelStatistician();
    const csi = angularDelay(4, 8, values);
    statistician.add(csi, csi);
    const { energyInFirstTaps, entriesHolding, samples } = statistician.result();
    expect(samples).toBe(1);
    expect(energyInFirstTaps.map((share) => Number(share.toFixed(6)))).toEqual([0.9, 0.9, 1, 1, 1]);
    expect(entriesHolding).toEqual([1, 2, 2]);
  });

  it('leave noisy CSI at its SNR', () => {
    const random = createRandom(11);
    const csi = angularDelay(32, 32, new Float32Array(2048).fill(1));
    const noisy = withEstimationNoise(csi, 10, random);
    const noise = noisy.values.reduce((sum, value) => sum + (value - 1) ** 2, 0);
    expect(10 * Math.log10(2048 / noise)).toBeCloseTo(10, 0);
  });
});
