import { createBsCodec, reconstructInto } from '@edge-csi/csi';
import { createDualnet } from '@edge-csi/csi/dualnet';
import { encodeFrame, type FrameBodies, rejectOf, WireError } from '@edge-csi/proto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Gate } from './gate.ts';
import { Rig } from './rig.ts';
import { tinyCsi } from './tiny-model.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.start();
});
afterEach(() => rig[Symbol.asyncDispose]());

/** Decodes a report as a BS would, as far as the encoder's partner: phase bits per entry and their phases. */
function decode(report: FrameBodies['report'], theta: number, truncation: number) {
  const { manifest, codec } = rig.model.bundle;
  const { allocation, ...dualnet } = createDualnet(codec);
  const quantizer = dualnet.quantizer.withTruncation(truncation);
  createBsCodec(codec).receive(report, { codewordTruncation: truncation, phaseTheta: theta });
  const phaseBits = report.payloadBits - quantizer.totalBits - 8;
  const centred = new Int16Array(manifest.codeword.length);
  quantizer.centredInto(centred, quantizer.unpack(report.codeword));
  const bits = new Uint8Array(allocation.numEntries);
  expect(allocation.allocateInto(bits, centred, theta)).toBe(phaseBits);
  const out = new Float32Array(2 * bits.length);
  reconstructInto(out, { magnitude: new Float32Array(bits.length).fill(1), bits, phase: report.phase, norm: 1 });
  return { bits, out };
}

describe('report', () => {
  it('sends what the BS can decode, and says what it cost', async () => {
    const { ue, link } = await rig.connect();
    const csi = tinyCsi(1);
    const sent = await ue.report(csi, { slot: 40 });
    const report = await link.reports.take();
    expect(report).toMatchObject({ epoch: 1, seq: 1, slot: 40, modelId: 'tiny-a', revision: 1 });
    expect(sent).toMatchObject({ epoch: 1, seq: 1, slot: 40, modelId: 'tiny-a', revision: 1 });
    const { total, codeword, scale, phase } = sent.payloadBits;
    expect({ total, codeword, scale }).toEqual({ total: report.payloadBits, codeword: 30, scale: 8 });
    expect(phase).toBe(total - 38);
    expect(phase).toBeGreaterThan(0);
    expect(sent.wireBytes).toBe(encodeFrame('report', report).length);

    const { bits, out } = decode(report, 500, 0);
    bits.forEach((entryBits, i) => {
      if (entryBits === 0) return;
      const error =
        Math.atan2(out[16 + i] as number, out[i] as number) -
        Math.atan2(csi.values[16 + i] as number, csi.values[i] as number);
      const wrapped = Math.abs(((error + 3 * Math.PI) % (2 * Math.PI)) - Math.PI);
      expect(wrapped).toBeLessThanOrEqual(Math.PI / 2 ** entryBits + 1e-6);
    });
  });

  it('says how long it took since it was handed over, and how long of that its encoding', async () => {
    let nowMs = 1_000;
    const { ue, link } = await rig.connect({ clock: { nowMs: () => nowMs } });
    const [encoder] = rig.encoders;
    if (encoder === undefined) throw new Error('no encoder');
    const gate = new Gate();
    encoder.gate = gate.opened;
    const reports = [1, 2].map((slot) => ue.report(tinyCsi(slot), { slot }));
    nowMs += 30;
    gate.open();
    // The second one waited for the first, and was encoded in no time.
    expect(await Promise.all(reports)).toMatchObject([{ encodeMs: 30 }, { encodeMs: 0 }]);
    for (const slot of [1, 2]) expect(await link.reports.take()).toMatchObject({ slot, processingUs: 30_000 });
  });

  it('keeps the order of handing over and numbers without gaps, however many are under way', async () => {
    const { ue, link } = await rig.connect();
    const sent = await Promise.all([5, 6, 7, 8, 9].map((slot) => ue.report(tinyCsi(slot), { slot })));
    expect(sent.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
    for (const slot of [5, 6, 7, 8, 9]) expect((await link.reports.take()).slot).toBe(slot);
  });

  it('is not affected by what the caller does to its buffer afterwards', async () => {
    const { ue, link } = await rig.connect();
    const csi = tinyCsi(3);
    const first = ue.report(csi, { slot: 1 });
    const second = ue.report(csi, { slot: 2 });
    csi.values.fill(Number.NaN);
    await Promise.all([first, second]);
    const [one, two] = [await link.reports.take(), await link.reports.take()];
    expect(two.codeword).toEqual(one.codeword);
    expect(two.phase).toEqual(one.phase);
  });

  it('rejects unusable CSI and nothing else', async () => {
    const { ue, link } = await rig.connect();
    const csi = tinyCsi(4);
    csi.values[21] = Number.NaN;
    await expect(ue.report(csi, { slot: 1 })).rejects.toMatchObject({
      name: 'CsiError',
      code: 'csi-invalid',
      message: expect.stringContaining('antenna 1, delay 1'),
    });
    const zero = { ...csi, values: new Float32Array(32) };
    await expect(ue.report(zero, { slot: 1 })).rejects.toMatchObject({ code: 'csi-invalid' });
    const wide = { ...csi, numAntennas: 2, numDelays: 8, values: tinyCsi(4).values };
    await expect(ue.report(wide, { slot: 1 })).rejects.toMatchObject({
      code: 'csi-invalid',
      message: 'CSI is 2 x 8, tiny-a takes 4 x 4',
    });
    await expect(ue.report(tinyCsi(1), { slot: -1 })).rejects.toThrow('slot is -1');
    expect((await ue.report(tinyCsi(5), { slot: 2 })).seq).toBe(1);
    expect((await link.reports.take()).slot).toBe(2);
    expect(ue.state).toBe('ready');
  });

  it('holds reports back while the BS owes answers, the newest winning', async () => {
    const { ue, link } = await rig.connect({ maxUnacknowledged: 2, maxWaiting: 2 });
    await ue.report(tinyCsi(1), { slot: 1 });
    await ue.report(tinyCsi(2), { slot: 2 });
    const [third, fourth, fifth] = [3, 4, 5].map((slot) => ue.report(tinyCsi(slot), { slot }));
    await expect(third).rejects.toMatchObject({ code: 'superseded', message: expect.stringContaining('slot 3') });
    link.ack(1);
    await expect(fourth).resolves.toMatchObject({ seq: 3, slot: 4 });
    link.ack(2);
    await expect(fifth).resolves.toMatchObject({ seq: 4, slot: 5 });
  });
});

describe('onAck and onReject', () => {
  it('tell the outcome of every report once', async () => {
    const { ue, link } = await rig.connect();
    for (const slot of [10, 11, 12]) await ue.report(tinyCsi(slot), { slot });
    link.send('reject', rejectOf(new WireError('report-invalid', 'codeword: 3 bytes', { seq: 3 })));
    link.send('ack', { seqs: [2, 1, 3, 99], outcomes: ['late', 'decoded', 'decoded', 'decoded'] });
    link.ack(1);
    await ue.drain();
    expect(rig.results).toMatchObject([
      { epoch: 1, seq: 3, slot: 12, outcome: 'invalid' },
      { epoch: 1, seq: 2, slot: 11, outcome: 'late' },
      { epoch: 1, seq: 1, slot: 10, outcome: 'decoded' },
    ]);
    expect(rig.results.every(({ roundTripMs }) => roundTripMs > 0)).toBe(true);
    expect(rig.rejects).toMatchObject([{ code: 'report-invalid', seq: 3 }]);
    expect(ue.state).toBe('ready');
  });
});

describe('drain', () => {
  it('waits for the answer to every report handed over, and for nothing where there is none', async () => {
    const { ue, link } = await rig.connect();
    await ue.drain();
    const reports = [ue.report(tinyCsi(1), { slot: 1 }), ue.report(tinyCsi(2), { slot: 2 })];
    let isDrained = false;
    const draining = ue.drain().then(() => {
      isDrained = true;
    });
    await Promise.all(reports);
    link.ack(2);
    await expect.poll(() => rig.results.length).toBe(1);
    expect(isDrained).toBe(false);
    link.ack(1);
    await draining;
  });

  it('gives up on a signal', async () => {
    const { ue } = await rig.connect();
    await ue.report(tinyCsi(1), { slot: 1 });
    const controller = new AbortController();
    const draining = ue.drain(controller.signal);
    controller.abort(new Error('enough'));
    await expect(draining).rejects.toThrow('enough');
    await expect(ue.drain(AbortSignal.abort(new Error('before')))).rejects.toThrow('before');
  });
});

describe('close', () => {
  it('is safe twice, rejects what is pending, releases the encoder and leaves with 1000', async () => {
    const { ue, link } = await rig.connect();
    await ue.report(tinyCsi(1), { slot: 1 });
    const gate = new Gate();
    for (const encoder of rig.encoders) {
      encoder.gate = gate.opened;
    }
    const encoding = ue.report(tinyCsi(2), { slot: 2 });
    const waiting = ue.report(tinyCsi(3), { slot: 3 });
    const draining = ue.drain();
    const outcomes = Promise.allSettled([encoding, waiting, draining]);
    const closing = Promise.all([ue.close(), ue.close()]);
    gate.open();
    await closing;
    expect(await outcomes).toMatchObject(Array(3).fill({ status: 'rejected', reason: { code: 'closed' } }));
    expect(await link.closed.take()).toMatchObject({ code: 1000 });
    expect(rig.results).toMatchObject([{ seq: 1, outcome: 'lost' }]);
    expect(rig.encoders.map((encoder) => encoder.isClosed)).toEqual([true]);
    expect(ue.state).toBe('closed');
    expect(await ue.closed).toBeUndefined();
    await ue.close();
    await expect(ue.report(tinyCsi(1), { slot: 4 })).rejects.toMatchObject({ code: 'closed' });
    await expect(ue.drain()).rejects.toMatchObject({ code: 'closed' });
    expect(link.reports.size).toBe(1);
  });

  it('does not wait for a BS that never completes the handshake', async () => {
    const { ue, link } = await rig.connect({ closeTimeoutMs: 10 });
    link.socket.pause();
    await ue.close();
    expect(ue.state).toBe('closed');
  });

  it('happens at the end of an await using', async () => {
    const { ue, link } = await rig.connect();
    await ue[Symbol.asyncDispose]();
    expect((await link.closed.take()).code).toBe(1000);
  });
});
