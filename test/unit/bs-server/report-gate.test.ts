import { createBsCodec, pathCodecSpec } from '@edge-csi/csi';
import { createPathManifest } from '@edge-csi/models';
import type { CsiReport } from '@edge-csi/proto';
import { describe, expect, it } from 'vitest';
import { ReportGate } from '../../../bs-server/src/ingest/report-gate.ts';
import {
  changedConfig,
  firstConfig,
  relievedConfig,
  reportConfigOf,
  type SessionConfig,
} from '../../../bs-server/src/ingest/session-config.ts';
import { SessionMemory } from '../../../bs-server/src/ingest/session-memory.ts';
import { noRelief, type Relief, reliefLevels } from '../../../bs-server/src/ops/overload-control.ts';
import { servedModel } from './served-model.ts';

const served = [servedModel('small', 0, 7), servedModel('large', 1, 9)] as const;
const defaults = { reportPeriodSlots: 20, codewordTruncation: 0, phaseTheta: undefined };
const first = firstConfig(served[0], defaults, noRelief);

/** A gate of epoch 5. */
const gateOf = (config: SessionConfig, remembers = false) => new ReportGate(5, config, new SessionMemory(remembers));

/** A report that fits `first`: 9 codeword bits, 8 scale bits, 6 phase bits. */
function report(change: Partial<CsiReport> = {}): CsiReport {
  return {
    epoch: 5,
    seq: 1,
    slot: 3,
    modelId: 'small',
    revision: 1,
    codeword: new Uint8Array(2),
    scale: 255,
    phase: new Uint8Array(1),
    payloadBits: 23,
    processingUs: 10,
    ...change,
  };
}

describe('ReportGate', () => {
  it('admits a report under the configuration it names', () => {
    const gate = gateOf(first);
    const admitted = report();
    expect(gate.admit(admitted)).toEqual({ config: first, record: first.model.codec.receive(admitted, first.rate) });
  });

  it.each<[string, Partial<CsiReport>, string]>([
    ['another epoch', { epoch: 4 }, 'epoch'],
    ['a revision it was never told', { revision: 2 }, 'revision'],
    ['another model than its revision', { modelId: 'large' }, 'model'],
    ['a codeword of the wrong length', { codeword: new Uint8Array(3) }, 'size'],
    ['a scale out of range', { scale: 256 }, 'size'],
    ['phase bits that its payload does not leave', { phase: new Uint8Array(2) }, 'size'],
    ['more phase bits than there can be', { phase: new Uint8Array(2), payloadBits: 17 + 13 }, 'size'],
  ])('refuses a report with %s', (_name, change, fault) => {
    expect(gateOf(first).admit(report(change))).toMatchObject({ fault });
  });

  it.each([true, false])(
    'refuses a report that refers to what is not held (session with a memory: %s)',
    (remembers) => {
      const gate = gateOf(first, remembers);
      expect(gate.admit(report({ referenceSeq: 1 }))).toMatchObject({
        fault: 'reference',
        message: 'refers to report 1 and hint 0, which are not held; the next one must refer to nothing as old',
      });
      expect(gate.admit(report({ seq: 2, referenceHint: 4 }))).toMatchObject({ fault: 'reference' });
      expect(gate.admit(report({ seq: 3, referenceSeq: 0, referenceHint: 0 }))).not.toHaveProperty('fault');
    },
  );

  it('refuses a sequence number that does not increase, also after a refused report', () => {
    const gate = gateOf(first);
    expect(gate.admit(report({ seq: 3 }))).not.toHaveProperty('fault');
    expect(gate.admit(report({ seq: 3 }))).toMatchObject({ fault: 'seq' });
    expect(gate.admit(report({ seq: 2 }))).toMatchObject({ fault: 'seq' });
    expect(gate.admit(report({ seq: 4, revision: 9 }))).toMatchObject({ fault: 'revision' });
    expect(gate.admit(report({ seq: 4 }))).toMatchObject({ fault: 'seq' });
    expect(gate.admit(report({ seq: 5 }))).not.toHaveProperty('fault');
  });

  it('is not moved on by a report of another epoch', () => {
    const gate = gateOf(first);
    gate.admit(report({ epoch: 4, seq: 100 }));
    expect(gate.admit(report({ seq: 1 }))).not.toHaveProperty('fault');
  });

  it('still admits reports made under an earlier revision, with the lengths of that revision', () => {
    const gate = gateOf(first);
    gate.tell(changedConfig(first, { codewordTruncation: 1 }, served, noRelief));
    expect(gate.admit(report({ seq: 1 }))).toMatchObject({ config: { revision: 1 } });
    // One bit less per component: 6 codeword bits in one byte.
    const shorter = { codeword: new Uint8Array(1), payloadBits: 20 };
    expect(gate.admit(report({ seq: 2, revision: 2, ...shorter }))).toMatchObject({ config: { revision: 2 } });
    expect(gate.admit(report({ seq: 3, revision: 2 }))).toMatchObject({ fault: 'size' });
  });

  it('may see a model version used until a report comes that was made under a later one', () => {
    const gate = gateOf(first);
    const [small, large] = served.map(({ version }) => version) as [string, string];
    gate.tell(changedConfig(first, { model: large }, served, noRelief));
    expect([gate.mayUse(small), gate.mayUse(large)]).toEqual([true, true]);
    gate.admit(report({ seq: 1, revision: 2, modelId: 'large' }));
    expect([gate.mayUse(small), gate.mayUse(large)]).toEqual([false, true]);
    expect(gate.admit(report({ seq: 2, revision: 1 }))).toMatchObject({ fault: 'revision' });
  });

  it('forgets revisions that are long past', () => {
    const gate = gateOf(first);
    for (let i = 0; i < 8; i++) gate.tell(changedConfig(gate.config, { reportPeriodSlots: i + 1 }, served, noRelief));
    expect(gate.config.revision).toBe(9);
    expect(gate.admit(report({ seq: 1, revision: 1 }))).toMatchObject({ fault: 'revision' });
    expect(gate.admit(report({ seq: 2, revision: 2 }))).toMatchObject({ config: { revision: 2 } });
  });
});

describe('shortestPeriodSlots', () => {
  it('is that of the fastest configuration that reports may still come under', () => {
    const gate = gateOf(first);
    gate.tell(changedConfig(first, { reportPeriodSlots: 160 }, served, noRelief));
    expect(gate.shortestPeriodSlots).toBe(20);
    gate.admit(report({ seq: 1, revision: 2 }));
    expect(gate.shortestPeriodSlots).toBe(160);
    gate.tell(changedConfig(gate.config, { reportPeriodSlots: 40 }, served, noRelief));
    expect(gate.shortestPeriodSlots).toBe(40);
  });
});

describe('changedConfig', () => {
  it('changes what is named, keeps the rest and increases the revision', () => {
    const changed = changedConfig(first, { codewordTruncation: 2, phaseTheta: 50 }, served, noRelief);
    const { asked, ...told } = changed;
    expect(asked.rate).toEqual({ codewordTruncation: 2, phaseTheta: 50 });
    expect(told).toEqual({
      revision: 2,
      model: served[0],
      reportPeriodSlots: 20,
      rate: { codewordTruncation: 2, phaseTheta: 50 },
    });
    expect(reportConfigOf(changed)).toEqual({
      revision: 2,
      model: served[0].ref,
      modelUrl: served[0].url,
      reportPeriodSlots: 20,
      codewordTruncation: 2,
      phaseTheta: 50,
      maxPayloadBits: 0,
      bitPriceTenthDb: 0,
    });
  });

  it("takes a new model's own theta, since theta is in units of its allocation", () => {
    const changed = changedConfig(
      changedConfig(first, { phaseTheta: 50 }, served, noRelief),
      { model: 'large' },
      served,
      noRelief,
    );
    expect(changed.model).toBe(served[1]);
    expect(changed.rate.phaseTheta).toBe(9);
    expect(changedConfig(changed, { model: 'large', phaseTheta: 3 }, served, noRelief).rate.phaseTheta).toBe(3);
  });

  it('takes the preferred version of an id, and any version by its name', () => {
    const versions = [servedModel('small', 2), ...served];
    expect(changedConfig(first, { model: 'small' }, versions, noRelief).model).toBe(versions[0]);
    expect(changedConfig(first, { model: served[0].version }, versions, noRelief).model).toBe(served[0]);
  });

  it.each([
    [{ model: 'other' }, 'model is other, served are small@010101010101, large@020202020202'],
    [{ reportPeriodSlots: 0 }, 'reportPeriodSlots is 0, must be an integer in 1..320'],
    [{ codewordTruncation: 8 }, 'codewordTruncation is 8'],
    [{ phaseTheta: 2 ** 24 + 1 }, 'phaseTheta is 16777217'],
  ])('refuses %j', (change, message) => {
    expect(() => changedConfig(first, change, served, noRelief)).toThrow(RangeError);
    expect(() => changedConfig(first, change, served, noRelief)).toThrow(message);
  });
});

describe('relievedConfig', () => {
  const [, doubled, fourfold, , shorter] = reliefLevels as readonly [
    Relief,
    Relief,
    Relief,
    Relief,
    Relief,
    ...Relief[],
  ];

  it('lengthens the period and drops bits, and gives both back', () => {
    const held = relievedConfig(first, shorter);
    expect(held).toMatchObject({ revision: 2, reportPeriodSlots: 160 });
    expect(held.rate).toEqual({ codewordTruncation: 1, phaseTheta: 2 * 7 });
    const back = relievedConfig(held, noRelief);
    expect({ ...back, revision: 1 }).toEqual(first);
    expect(back.revision).toBe(3);
  });

  it.each([
    ['a cap', { maxPayloadBits: 400, bitPriceTenthDb: 0 }, [400, 300, 225], [0, 0, 0]],
    ['a price', { maxPayloadBits: 2000, bitPriceTenthDb: 400 }, [2000, 1500, 1125], [400, 350, 300]],
  ])('lowers the bits of path reports held to %s once periods are as long as they get', (_, rate, bits, prices) => {
    const csi = { ...served[0].manifest.csi, numSubcarriers: 4 };
    const bundle = createPathManifest({ id: 'paths', csi });
    const codec = createBsCodec({
      kind: 'paths',
      id: 'paths',
      codec: pathCodecSpec({ antennas: csi.numAntennas, numDelays: csi.numDelays, numSubcarriers: csi.numSubcarriers }),
      rate: bundle.rate,
    });
    const asked = firstConfig({ ...served[0], codec }, { reportPeriodSlots: 20, ...rate }, noRelief);
    const told = reliefLevels.map((relief) => reportConfigOf(relievedConfig(asked, relief)));
    expect(told.map(({ reportPeriodSlots }) => reportPeriodSlots)).toEqual([20, 40, 80, 160, 160, 160, 160]);
    const rates = (values: readonly number[]) => [0, 0, 0, 0, 1, 2, 2].map((steps) => values[steps]);
    expect(told.map(({ maxPayloadBits }) => maxPayloadBits)).toEqual(rates(bits));
    expect(told.map(({ bitPriceTenthDb }) => bitPriceTenthDb)).toEqual(rates(prices));
    const held = relievedConfig(asked, reliefLevels.at(-1) as Relief);
    expect(reportConfigOf(relievedConfig(held, noRelief))).toMatchObject({ reportPeriodSlots: 20, ...rate });
  });

  it('keeps what is asked meanwhile for the time after', () => {
    const held = relievedConfig(first, doubled);
    const asked = changedConfig(held, { reportPeriodSlots: 30 }, served, doubled);
    expect(asked.reportPeriodSlots).toBe(60);
    expect(relievedConfig(asked, noRelief).reportPeriodSlots).toBe(30);
  });

  it('stays within what the wire can say', () => {
    const asked = changedConfig(
      first,
      { reportPeriodSlots: 300, codewordTruncation: 7, phaseTheta: 2 ** 24 },
      served,
      noRelief,
    );
    const held = relievedConfig(asked, shorter);
    expect(held).toMatchObject({ reportPeriodSlots: 320, rate: { codewordTruncation: 7, phaseTheta: 2 ** 24 } });
  });

  it('leaves nothing of a relief behind that changed nothing for the UE', () => {
    const capped = changedConfig(first, { reportPeriodSlots: 160 }, served, doubled);
    const stronger = relievedConfig(capped, fourfold);
    expect(stronger).toBe(capped);
    expect(changedConfig(stronger, { reportPeriodSlots: 20 }, served, fourfold).reportPeriodSlots).toBe(80);
  });

  it('is the same configuration where nothing changes for the UE', () => {
    const asked = changedConfig(first, { reportPeriodSlots: 320 }, served, noRelief);
    expect(relievedConfig(asked, doubled)).toBe(asked);
  });
});
