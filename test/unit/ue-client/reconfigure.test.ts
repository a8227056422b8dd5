import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configFor } from './fake-bs.ts';
import { Gate } from './gate.ts';
import { Rig } from './rig.ts';
import { type TinyModel, tinyCsi, tinyModel } from './tiny-model.ts';

let rig: Rig;
let other: TinyModel;
beforeEach(async () => {
  other = await tinyModel('tiny-b', 9);
  rig = await Rig.start(other);
});
afterEach(() => rig[Symbol.asyncDispose]());

describe('Reconfigure', () => {
  it('changes theta, truncation, period and revision between two reports', async () => {
    const { ue, link } = await rig.connect();
    const before = await ue.report(tinyCsi(1), { slot: 1 });
    const config = configFor(rig.model, {
      revision: 2,
      phaseTheta: 2000,
      codewordTruncation: 2,
      reportPeriodSlots: 80,
    });
    link.send('reconfigure', { config });
    expect(await rig.adopted.take()).toEqual(config);
    expect(ue.config).toEqual(config);
    const after = await ue.report(tinyCsi(1), { slot: 2 });
    expect(before).toMatchObject({ seq: 1, revision: 1, payloadBits: { codeword: 30 } });
    expect(after).toMatchObject({ seq: 2, revision: 2, payloadBits: { codeword: 18 } });
    expect(after.payloadBits.phase).toBeLessThan(before.payloadBits.phase ?? 0);
    expect((await link.reports.take()).revision).toBe(1);
    expect((await link.reports.take()).revision).toBe(2);
    expect(rig.encoders.length).toBe(1);
  });

  it('does not touch a report in the making', async () => {
    const { ue, link } = await rig.connect();
    const [encoder] = rig.encoders;
    if (encoder === undefined) throw new Error('no encoder');
    const gate = new Gate();
    encoder.gate = gate.opened;
    const first = ue.report(tinyCsi(1), { slot: 1 });
    const second = ue.report(tinyCsi(2), { slot: 2 });
    link.send('reconfigure', { config: configFor(other, { revision: 2 }) });
    await expect.poll(() => rig.encoders[1]?.calls).toBe(2);
    gate.open();
    await expect(first).resolves.toMatchObject({ modelId: 'tiny-a', revision: 1 });
    await expect(second).resolves.toMatchObject({ modelId: 'tiny-b', revision: 2 });
    expect(encoder.isClosed).toBe(true);
  });

  it('goes on with the load of a model when the same one is named again, under the newer configuration', async () => {
    const { link } = await rig.connect();
    const gate = new Gate();
    rig.bs.gate = gate.opened;
    link.send('reconfigure', { config: configFor(other, { revision: 2 }) });
    await expect.poll(() => rig.bs.requests.length).toBe(1);
    link.send('reconfigure', { config: configFor(other, { revision: 3, reportPeriodSlots: 160 }) });
    // An acknowledgement of its own follows the second Reconfigure, so that has been heard by then.
    gate.open();
    expect(await rig.adopted.take()).toMatchObject({ revision: 3, reportPeriodSlots: 160 });
    expect(rig.bs.requests.filter((path) => path.endsWith('manifest.json'))).toHaveLength(1);
  });

  it('keeps reporting with the old model until the new one is fetched and warm', async () => {
    const { ue, link } = await rig.connect();
    const gate = new Gate();
    rig.bs.gate = gate.opened;
    link.send('reconfigure', { config: configFor(other, { revision: 2 }) });
    await expect.poll(() => rig.bs.requests.length).toBe(1);
    await expect(ue.report(tinyCsi(1), { slot: 1 })).resolves.toMatchObject({ modelId: 'tiny-a', revision: 1 });
    gate.open();
    expect((await rig.adopted.take()).model.id).toBe('tiny-b');
    const { modelId, revision, payloadBits } = await ue.report(tinyCsi(2), { slot: 2 });
    expect({ modelId, revision, bits: payloadBits.codeword }).toEqual({ modelId: 'tiny-b', revision: 2, bits: 45 });
    expect(rig.encoders.map(({ isClosed, calls }) => [isClosed, calls])).toEqual([
      [true, 3],
      [false, 3],
    ]);
  });

  it('follows the last of several', async () => {
    const { ue, link } = await rig.connect();
    const gate = new Gate();
    rig.bs.gate = gate.opened;
    link.send('reconfigure', { config: configFor(other, { revision: 2 }) });
    await expect.poll(() => rig.bs.requests.length).toBe(1);
    link.send('reconfigure', { config: configFor(rig.model, { revision: 5, phaseTheta: 123 }) });
    expect(await rig.adopted.take()).toMatchObject({ revision: 5, phaseTheta: 123 });
    gate.open();
    await expect(ue.report(tinyCsi(1), { slot: 1 })).resolves.toMatchObject({ modelId: 'tiny-a', revision: 5 });
    // Had the first one gone on loading, it would be done before this one.
    link.send('reconfigure', { config: configFor(other, { revision: 6 }) });
    expect(await rig.adopted.take()).toMatchObject({ revision: 6, model: { id: 'tiny-b' } });
    expect(rig.encoders.map(({ modelId, isClosed }) => [modelId, isClosed])).toEqual([
      ['tiny-a', true],
      ['tiny-b', false],
    ]);
  });

  it('fetches another version of its own model, and goes back to its own without fetching', async () => {
    const next = await tinyModel('tiny-a', 8);
    rig.bs.serve('/models/tiny-a/next/manifest.json', new TextEncoder().encode(JSON.stringify(next.manifest)));
    for (const [name, bytes] of next.files) rig.bs.serve(`/models/tiny-a/next/${name}`, bytes);
    const { ue, link } = await rig.connect();
    const modelUrl = '/models/tiny-a/next/manifest.json';
    link.send('reconfigure', { config: configFor(next, { revision: 2, modelUrl }) });
    await rig.adopted.take();
    expect((await ue.report(tinyCsi(1), { slot: 1 })).payloadBits.codeword).toBe(40);
    const fetched = rig.bs.requests.length;
    link.send('reconfigure', { config: configFor(rig.model, { revision: 3 }) });
    await rig.adopted.take();
    expect((await ue.report(tinyCsi(2), { slot: 2 })).payloadBits.codeword).toBe(30);
    expect(rig.bs.requests.length).toBe(fetched);
  });

  it('ends the UE where the model it names is not what the BS serves', async () => {
    const { ue, link } = await rig.connect();
    const model = { id: 'tiny-b', sha256: new Uint8Array(32).fill(1) };
    link.send('reconfigure', { config: configFor(other, { revision: 2, model }) });
    expect(await ue.closed).toMatchObject({ name: 'CsiError', code: 'model-mismatch' });
    expect((await link.closed.take()).code).toBe(4404);
  });

  it('ends the UE where its revision does not increase', async () => {
    const { ue, link } = await rig.connect();
    link.send('reconfigure', { config: configFor(rig.model, { revision: 1 }) });
    expect(await ue.closed).toMatchObject({
      code: 'bad-frame',
      message: 'reconfigure.config.revision: 1 does not follow 1',
    });
    expect((await link.closed.take()).code).toBe(4400);
  });
});
