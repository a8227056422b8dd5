import { createRandom, pathCodecSpec, type Random } from '@edge-csi/csi';
import { describe, expect, it } from 'vitest';
import { createCodes, type PathCodes } from '../../../../csi/src/codec/paths/codes.ts';
import { RangeDecoder, RangeEncoder, type SymbolCoder } from '../../../../csi/src/codec/paths/range-coder.ts';
import { codeReport, createSyntax } from '../../../../csi/src/codec/paths/syntax.ts';

function syntaxOf(antennas: readonly [number, number], numDelays: number) {
  const { maxPaths, tables } = pathCodecSpec({ antennas, numDelays, numSubcarriers: 1024, maxPaths: 64 });
  return createSyntax([...antennas, numDelays], maxPaths, tables);
}

/** Paths all of whose numbers are the first of their tables, of falling level. */
function firstOfAll(levels: readonly number[]): PathCodes {
  const codes = createCodes(64);
  codes.count = levels.length;
  codes.level.set(levels);
  return codes;
}

/** From one byte to `most`. */
function drawBytes(random: Random, most: number): Uint8Array {
  const length = 1 + Math.floor(most * random.uniform());
  return Uint8Array.from({ length }, () => Math.floor(256 * random.uniform()));
}

/** Counts the bits that are read, as what symbols are worth. */
function metered(coder: SymbolCoder) {
  const meter = { bits: 0 };
  const counted: SymbolCoder = {
    uniform(value, total) {
      const read = coder.uniform(value, total);
      meter.bits += Math.log2(total);
      return read;
    },
    table(value, sums, at, count) {
      const read = coder.table(value, sums, at, count);
      const width = (sums[at + read + 1] as number) - (sums[at + read] as number);
      meter.bits += Math.log2(((sums[at + count] as number) - (sums[at] as number)) / width);
      return read;
    },
  };
  return { meter, counted };
}

describe('the arithmetic coder of path reports', () => {
  it.each([
    ['small levels', [3, 1]],
    ['the highest level', [1023]],
    ['both', [1023, 1023, 1]],
  ])('leaves out zeros at the end and reads them back, of %s', (_, levels) => {
    const syntax = syntaxOf([32, 32], 512);
    const payload = new Uint8Array(256);
    const encoder = new RangeEncoder(payload);
    codeReport(syntax, encoder, firstOfAll(levels), 0);
    const bytes = payload.subarray(0, Math.ceil(encoder.finish() / 8));
    const read = createCodes(64);
    expect(codeReport(syntax, new RangeDecoder(bytes), read, 0)).toBe(0);
    expect([read.count, ...read.level.subarray(0, read.count)]).toEqual([levels.length, ...levels]);
    expect(read.cell.every((cell) => cell === 0)).toBe(true);
  });

  it('tells bytes that an encoder writes from those that none does, as writing the symbols again would', () => {
    const syntax = syntaxOf([8, 2], 16);
    const random = createRandom(6);
    let written = 0;
    for (let round = 0; round < 4000; round++) {
      // Short ones are often right.
      const bytes = drawBytes(random, 6);
      const codes = createCodes(64);
      const decoder = new RangeDecoder(bytes);
      let step = 0;
      try {
        step = codeReport(syntax, decoder, codes, 0);
      } catch {
        continue;
      }
      const again = new Uint8Array(bytes.length);
      const encoder = new RangeEncoder(again);
      codeReport(syntax, encoder, codes, step);
      const bits = encoder.finish();
      const same = Math.ceil(bits / 8) === bytes.length && again.every((byte, i) => byte === bytes[i]);
      expect(decoder.finish()).toBe(same ? bits : undefined);
      if (same) written++;
    }
    expect(written).toBeGreaterThan(20);
    expect(written).toBeLessThan(3900);
  });

  it('reads no more of random bytes than their length and what may be left out: a short report is never long work', () => {
    const syntax = syntaxOf([32, 1], 32);
    const random = createRandom(5);
    let refused = 0;
    for (let round = 0; round < 2000; round++) {
      const bytes = drawBytes(random, 24);
      const { meter, counted } = metered(new RangeDecoder(bytes));
      try {
        codeReport(syntax, counted, createCodes(64), 0);
      } catch (error) {
        expect(error).toMatchObject({ code: 'payload-invalid' });
        refused++;
      }
      // Up to the width of the registers, which is what a symbol may straddle.
      expect(meter.bits).toBeLessThan(8 * bytes.length + 128 + 32);
    }
    expect(refused).toBeGreaterThan(10);
  });
});
