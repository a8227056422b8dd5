import { createRandom, type Random } from '@edge-csi/csi';
import type { ReportBundle } from '@edge-csi/models';
import { loadReportModel, zooDirectory } from '@edge-csi/models/disk';
import type { CsiReport } from '@edge-csi/proto';
import { openEncoder } from '@edge-csi/ue-client';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { firstModel, type Sample, TestUe, until } from '../bs-server-harness.ts';
import { scaled } from '../scale.ts';
import { Arena } from './arena.ts';

let model: ReportBundle;
let samples: readonly Sample[];
let arena: Arena;

beforeAll(async () => {
  model = await loadReportModel(`${zooDirectory()}/paths-indoor`, []);
  const encoder = await openEncoder('micro', model);
  const { numAntennas, numDelays } = model.manifest.csi;
  const random = createRandom(3);
  const made: Sample[] = [];
  for (let i = 0; i < 8; i++) {
    const values = Float32Array.from({ length: 2 * numAntennas * numDelays }, () => random.gaussian() ** 5);
    const { payloadBits, ...payload } = await encoder.encode(
      { domain: 'angular-delay', numAntennas, numDelays, values },
      { maxPayloadBits: 60 + 40 * i },
    );
    made.push({ ...payload, payloadBits: payloadBits.total, uplink: new Float32Array(0) });
  }
  await encoder.close();
  samples = made;
});

beforeEach(async () => {
  // Beside a UE of networks, which every attack must leave alone.
  const { manifest } = await firstModel();
  arena = await Arena.open({ models: [manifest.id, model.manifest.id], limits: { reportBurst: 2 ** 20 } });
});
afterEach(() => arena.close());

const join = (ueId: string) => TestUe.join(arena.server.url, ueId, model);

describe('a BS server with path reports', () => {
  /** Behind a zero: behind a one it may be another report. */
  const cut = ({ codeword }: Sample) => {
    const last = codeword.findLastIndex((byte, i) => i < codeword.length - 1 && byte % 2 === 0);
    return { codeword: codeword.slice(0, last + 1), payloadBits: 8 * (last + 1) };
  };
  it.each<[string, (sample: Sample) => Partial<CsiReport>, string, string]>([
    ['cut short', cut, 'invalid/codeword', 'no path report'],
    [
      'stretched with zeros',
      ({ codeword, payloadBits }) => ({ codeword: Uint8Array.of(...codeword, 0), payloadBits: payloadBits + 8 }),
      'invalid/codeword',
      'no path report',
    ],
    ['of zeros', ({ codeword }) => ({ codeword: codeword.map(() => 0) }), 'invalid/codeword', 'no path report'],
    ['of ones', ({ codeword }) => ({ codeword: codeword.map(() => 0xff) }), 'invalid/codeword', 'no path report'],
    [
      'longer than was asked for',
      () => ({ codeword: new Uint8Array(250).fill(1), payloadBits: 2000 }),
      'invalid/size',
      'payloadBits: 2000, at most',
    ],
    [
      'of more bytes than bits',
      ({ codeword }) => ({ codeword: Uint8Array.of(...codeword, 1) }),
      'invalid/size',
      'codeword: ',
    ],
    ['with phases', () => ({ phase: Uint8Array.of(1) }), 'invalid/size', 'phase: 1 bytes, must be empty'],
    ['with a norm', () => ({ scale: 7 }), 'invalid/size', 'scale: 7, must be 0'],
  ])('refuses one %s by its seq, and keeps the connection', async (_name, change, reason, message) => {
    const ue = await join('ue-1');
    const sample = samples[3] as Sample;
    const { seq } = ue.report(sample, change(sample));
    const refusal = { code: 'report-invalid', seq, message: expect.stringContaining(message) };
    expect(await ue.connection.next('reject')).toMatchObject(refusal);
    expect(await ue.outcomeOf(seq)).toBe('invalid');
    expect(arena.server.stats()).toMatchObject({ invalid: 1, reasons: { [reason]: 1 } });
    expect(await ue.outcomeOf(ue.report(sample).seq)).toBe('decoded');
  });

  it('decodes or refuses whatever bits come as a path report, and serves its UEs throughout', async () => {
    const random = createRandom(11);
    const ues = await Promise.all(Array.from({ length: 4 }, (_, i) => join(`fuzz-${i}`)));
    const perUe = scaled(500, 5_000);
    const before = arena.server.stats();
    await arena.during(Promise.all(ues.map((ue) => fuzz(ue, perUe, random))));
    await until('the last report', () => arena.server.stats().inFlight === 0);
    const { received, decoded, invalid, reasons } = arena.server.stats();
    expect(received - before.received).toBeGreaterThanOrEqual(4 * perUe);
    expect(reasons['invalid/codeword']).toBe(invalid);
    // Both must be common, or this says little.
    expect(invalid).toBeGreaterThan(perUe);
    expect(decoded - before.decoded).toBeGreaterThan(perUe / 2);
    for (const ue of ues) expect(ue.connection.socket.readyState).toBe(ue.connection.socket.OPEN);
  }, 120_000);
});

/** Reports that are right but for their bits, each once the last is answered: none is superseded. */
async function fuzz(ue: TestUe, count: number, random: Random): Promise<void> {
  const whole = (below: number) => Math.floor(random.uniform() * below);
  const noise = (length: number) => Uint8Array.from({ length }, () => whole(256));
  const mutations: readonly ((sample: Sample) => Uint8Array)[] = [
    ({ codeword }) => codeword,
    ({ codeword }) => codeword.map((byte, i) => (i === whole(codeword.length) ? byte ^ (1 << whole(8)) : byte)),
    ({ codeword }) => codeword.slice(0, 1 + whole(codeword.length)),
    ({ codeword }) => Uint8Array.of(...codeword, ...noise(1 + whole(8))),
    () => noise(1 + whole(62)),
  ];
  for (let i = 0; i < count; i++) {
    const sample = samples[whole(samples.length)] as Sample;
    const codeword = (mutations[whole(mutations.length)] as (typeof mutations)[number])(sample);
    // As an honest encoder counts: up to the last one.
    const last = codeword.findLastIndex((byte) => byte !== 0);
    const kept = codeword.slice(0, Math.max(1, last + 1));
    const padding = Math.max(0, Math.log2((kept.at(-1) as number) & -(kept.at(-1) as number)));
    const { seq } = ue.report(sample, { codeword: kept, payloadBits: Math.max(1, 8 * kept.length - padding) });
    await ue.outcomeOf(seq);
  }
}
