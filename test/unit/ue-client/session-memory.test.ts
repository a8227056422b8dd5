import { type CodecMemory, CsiError, type UeMemory } from '@edge-csi/csi';
import { requireNetworks } from '@edge-csi/models';
import { type ConnectOptions, connectUe, type Ue } from '@edge-csi/ue-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configFor, type FakeConnection } from './fake-bs.ts';
import { Rig } from './rig.ts';
import { FakeEncoder, type TinyModel, tinyCsi, tinyModel } from './tiny-model.ts';

let rig: Rig;
let ue: Ue;
let other: TinyModel;
/** What the memories were told, with the number of the memory. */
let told: string[];
let memories: number;

/** Offers the report that was decoded last, and notes what it is told. */
function createMemory(): UeMemory {
  const name = ++memories;
  let decoded = 0;
  let hint = 0;
  return {
    recall: (): CodecMemory | undefined => (decoded + hint > 0 ? { kind: 'test', seq: decoded, hint } : undefined),
    sent: (seq) => told.push(`${name} sent ${seq}`),
    answered(seq, outcome) {
      told.push(`${name} ${outcome} ${seq}`);
      if (outcome === 'decoded') decoded = seq;
    },
    hinted(number, bytes) {
      if (bytes[0] === 0) throw new CsiError('payload-invalid', 'no hint');
      told.push(`${name} hint ${number}`);
      hint = number;
    },
  };
}

/** An encoder whose reports refer to all that it is offered. */
const encoder: NonNullable<ConnectOptions['encoder']> = async (model) => {
  const bundle = requireNetworks(model);
  const reports = new FakeEncoder(bundle).reports(bundle);
  return {
    ...reports,
    createMemory,
    async encode(csi, rate, context) {
      const payload = await reports.encode(csi, rate, context);
      return context?.memory === undefined ? payload : { ...payload, reference: context.memory };
    },
    close: () => reports.close(),
  };
};

beforeEach(async () => {
  other = await tinyModel('tiny-b', 5);
  rig = await Rig.start(other);
  told = [];
  memories = 0;
});
afterEach(async () => {
  await ue.close();
  await rig[Symbol.asyncDispose]();
});

/** Answers the UE's next connection. */
async function welcome(remembers: boolean, epoch = 1) {
  const link = await rig.bs.connections.take();
  link.send('welcome', { epoch, config: configFor(rig.model), remembers });
  return link;
}

async function connect(remembers: boolean) {
  const connecting = connectUe({ ...rig.options, encoder });
  const link = await welcome(remembers);
  ue = await connecting;
  return link;
}

/** Sends a report and has it answered. @returns what it refers to */
async function report(link: FakeConnection, outcome: 'decoded' | 'invalid' = 'decoded') {
  const { seq } = await ue.report(tinyCsi(1), { slot: 1 });
  const { referenceSeq, referenceHint } = await link.reports.take();
  link.send('ack', { seqs: [seq], outcomes: [outcome] });
  await ue.drain();
  return [referenceSeq, referenceHint];
}

describe('the memory of a session', () => {
  it('is not used where the BS remembers nothing', async () => {
    const link = await connect(false);
    expect(link.hello.remembers).toBe(true);
    expect([await report(link), await report(link)]).toEqual([
      [undefined, undefined],
      [undefined, undefined],
    ]);
    expect(memories).toBe(0);
  });

  it('hears what becomes of reports, and of hints of its model, and reports refer to what it offers', async () => {
    const link = await connect(true);
    expect(await report(link)).toEqual([undefined, undefined]);
    link.send('hint', { number: 2, modelId: 'tiny-a', content: Uint8Array.of(1) });
    link.send('hint', { number: 3, modelId: 'tiny-b', content: Uint8Array.of(1) });
    link.send('hint', { number: 4, modelId: 'tiny-a', content: Uint8Array.of(0) });
    await expect.poll(() => told).toContain('1 hint 2');
    expect(await report(link, 'invalid')).toEqual([1, 2]);
    expect(await report(link)).toEqual([1, 2]);
    expect(told).toEqual([
      ...['1 sent 1', '1 decoded 1', '1 hint 2', '1 sent 2', '1 invalid 2', '1 sent 3', '1 decoded 3'],
    ]);
  });

  it('starts anew with another model, and with another session', async () => {
    const link = await connect(true);
    expect([await report(link), await report(link)]).toEqual([
      [undefined, undefined],
      [1, undefined],
    ]);
    link.send('reconfigure', { config: configFor(other, { revision: 2 }) });
    await expect.poll(() => ue.manifest.id).toBe('tiny-b');
    expect([await report(link), await report(link)]).toEqual([
      [undefined, undefined],
      [3, undefined],
    ]);
    expect(memories).toBe(2);
    link.socket.terminate();
    const next = await welcome(true, 2);
    await expect.poll(() => ue.manifest.id).toBe('tiny-a');
    expect(await report(next)).toEqual([undefined, undefined]);
    expect(memories).toBe(3);
  });
});
