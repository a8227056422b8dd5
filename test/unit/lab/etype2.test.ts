import type { AngularDelayCsi } from '@edge-csi/csi';
import { type NpyArray, readNpz } from '@edge-csi/csi/files';
import { beforeAll, describe, expect, it } from 'vitest';
import { type SubbandDirections, subbandDirections, subbandSgcs } from '../../../scripts/lab/src/metrics/subbands.ts';
import {
  createEType2Codebook,
  type EType2Codebook,
  type EType2Panel,
  type EType2Pmi,
  etype2Combinations,
  etype2Precoder,
} from '../../../scripts/lab/src/schemes/etype2/codebook.ts';
import {
  etype2Bits,
  etype2Indices,
  fromIndices,
  packPmi,
  unpackPmi,
} from '../../../scripts/lab/src/schemes/etype2/pmi-bits.ts';
import { selectPmi } from '../../../scripts/lab/src/schemes/etype2/select.ts';

const fixture = 'test/fixtures/csi/etype2-golden.npz';
const panels: readonly EType2Panel[] = ['16x1', '8x2', '4x4'];

/** One PMI that an independent implementation chose, with its precoder and bits. */
interface Golden {
  readonly name: string;
  readonly codebook: EType2Codebook;
  readonly indices: { readonly i12: number; readonly i16: number; readonly i18: number };
  readonly pmi: EType2Pmi;
  readonly precoder: SubbandDirections;
  readonly bits: readonly number[];
  readonly downlink: AngularDelayCsi;
}

let goldens: readonly Golden[];

beforeAll(async () => {
  const arrays = await readNpz(fixture);
  goldens = panels.flatMap((panel) =>
    etype2Combinations.flatMap((combination) =>
      [0, 1, 2, 3].flatMap((sample) => {
        const name = `n${panel}-c${combination}-s${sample}`;
        return arrays.has(`${name}-W`) ? [goldenOf(arrays, name, panel, combination, sample)] : [];
      }),
    ),
  );
  expect(goldens.length).toBeGreaterThanOrEqual(24);
});

describe('an eType II PMI of another implementation', () => {
  it('gives the same precoder', () => {
    for (const { name, codebook, pmi, precoder } of goldens) {
      const ours = etype2Precoder(codebook, pmi);
      let worst = 0;
      ours.forEach((value, i) => {
        worst = Math.max(worst, Math.abs(value - (precoder.values[i] as number)));
      });
      expect(worst, name).toBeLessThan(1e-6);
    }
  });

  it('takes the same bits, field by field', () => {
    for (const { name, codebook, pmi, bits } of goldens) {
      const count = pmi.bitmap.reduce((sum, bit) => sum + bit, 0);
      expect(Object.values(etype2Bits(codebook, count)), name).toEqual(bits);
    }
  });

  it('has the same combinatorial indices', () => {
    for (const { name, codebook, pmi, indices } of goldens) expect(etype2Indices(codebook, pmi), name).toEqual(indices);
  });

  it('survives its bits', () => {
    for (const { name, codebook, pmi } of goldens) {
      const back = unpackPmi(codebook, packPmi(codebook, pmi));
      expect(etype2Precoder(codebook, back), name).toEqual(etype2Precoder(codebook, pmi));
    }
  });
});

describe('a PMI selected at the UE', () => {
  it('reaches at least the SGCS of the one chosen by another implementation', () => {
    for (const { name, codebook, downlink, precoder } of goldens) {
      const target = subbandDirections(downlink, 1024, codebook.numSubbands);
      const pmi = selectPmi(codebook, target);
      const ours = subbandSgcs(target, directionsOf(codebook, etype2Precoder(codebook, pmi)));
      expect(
        pmi.bitmap.reduce((sum, bit) => sum + bit, 0),
        name,
      ).toBeLessThanOrEqual(codebook.maxCoefficients);
      expect(ours, name).toBeGreaterThanOrEqual(subbandSgcs(target, precoder) - 1e-6);
    }
  });

  it('is refused for directions of another array', () => {
    const codebook = createEType2Codebook('16x1', 1, 13);
    const other: SubbandDirections = {
      domain: 'subband',
      numSubbands: 13,
      numAntennas: 16,
      values: new Float64Array(2 * 13 * 16).fill(1),
    };
    expect(() => selectPmi(codebook, other)).toThrow('directions are of 16 antennas');
  });

  it('is refused for a subband without energy', () => {
    const codebook = createEType2Codebook('16x1', 1, 13);
    const empty: SubbandDirections = {
      domain: 'subband',
      numSubbands: 13,
      numAntennas: 32,
      values: new Float64Array(2 * 13 * 32),
    };
    expect(() => selectPmi(codebook, empty)).toThrow('direction of subband 0 is all zero');
  });
});

describe('an eType II codebook', () => {
  it('refuses what the standard does not have', () => {
    expect(() => createEType2Codebook('16x1', 9, 13)).toThrow('combination is 9, must be 1..8');
    expect(() => createEType2Codebook('16x1', 1, 20)).toThrow('numSubbands is 20');
  });

  it('refuses bits that are no PMI', () => {
    const { codebook, pmi } = goldens[0] as Golden;
    const packed = packPmi(codebook, pmi);
    expect(() => unpackPmi(codebook, { ...packed, bitLength: packed.bitLength - 1 })).toThrow('bits, needs');
    expect(() => unpackPmi(codebook, { ...packed, bytes: packed.bytes.map((byte) => byte ^ 0xff) })).toThrow();
  });
});

function goldenOf(
  arrays: ReadonlyMap<string, NpyArray>,
  name: string,
  panel: EType2Panel,
  combination: number,
  sample: number,
): Golden {
  const of = (field: string): ArrayLike<number> => {
    const array = arrays.get(`${name}-${field}`);
    if (array === undefined) throw new Error(`no ${name}-${field}`);
    return array.data as ArrayLike<number>;
  };
  const codebook = createEType2Codebook(panel, combination, 13);
  const [q1 = 0, q2 = 0, i12 = 0, i16 = 0, i18 = 0] = Array.from(of('idx'));
  const bitmap = Uint8Array.from(of('i17'));
  const k1 = Array.from(of('k1'));
  const pmi: EType2Pmi = {
    group: [q1, q2],
    ...fromIndices(codebook, { i12, i16, i18 }, bitmap),
    bitmap,
    reference: [k1[0] as number, k1[1] as number],
    amplitude: Uint8Array.from(of('k2')),
    phase: Uint8Array.from(of('c')),
  };
  const channel = arrays.get('downlink')?.data as Float32Array;
  return {
    name,
    codebook,
    indices: { i12, i16, i18 },
    pmi,
    precoder: { domain: 'subband', numSubbands: 13, numAntennas: 32, values: planar(of('W')) },
    bits: Array.from(of('bits')),
    downlink: {
      domain: 'angular-delay',
      numAntennas: 32,
      numDelays: 32,
      values: Float32Array.from(planar(channel.subarray(2 * 1024 * sample, 2 * 1024 * (sample + 1)))),
    },
  };
}

/** Interleaved complex values as planes. */
function planar(interleaved: ArrayLike<number>): Float64Array {
  const n = interleaved.length / 2;
  return Float64Array.from({ length: 2 * n }, (_, i) => interleaved[i < n ? 2 * i : 2 * (i - n) + 1] as number);
}

function directionsOf({ numSubbands }: EType2Codebook, values: Float64Array): SubbandDirections {
  return { domain: 'subband', numSubbands, numAntennas: 32, values };
}
