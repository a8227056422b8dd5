import {
  type AngularDelayCsi,
  type BsMemory,
  CsiError,
  createBsCodec,
  createRandom,
  createUeCodec,
  type PathsSpec,
  type Payload,
  pathCodecSpec,
  type Random,
  type UeMemory,
} from '@edge-csi/csi';
import { createPathCodec, createPathUeMemory, knownOf, type PropagationPath, unpackHint } from '@edge-csi/csi/paths';
import { describe, expect, it } from 'vitest';
import { channelOf, drawPaths } from './channel.ts';

const codecSpec = pathCodecSpec({ antennas: 8, numDelays: 8, numSubcarriers: 64, maxPaths: 6 });
const spec: PathsSpec = {
  kind: 'paths',
  id: 'paths-8',
  codec: codecSpec,
  rate: { maxPayloadBits: 90, bitPriceTenthDb: 0 },
};
const ue = createUeCodec(spec);
const bs = createBsCodec(spec);
const codec = createPathCodec(codecSpec);
const startBs = (): BsMemory => (bs.createMemory as () => BsMemory)();

/** Paths whose gains change from one call to the next, and whose places drift, over uplink and downlink. */
function movingPaths(random: Random): () => { downlink: AngularDelayCsi; uplink: AngularDelayCsi } {
  const paths = drawPaths(codec, 9, 3);
  const fade = (path: PropagationPath) => ({ ...path, gainRe: random.gaussian(), gainIm: random.gaussian() });
  return () => {
    for (const [k, path] of paths.entries()) {
      const [frequency] = path.spatialFrequency;
      paths[k] = { ...path, spatialFrequency: [(frequency + 1 + 0.004 * random.gaussian()) % 1, 0] };
    }
    return { downlink: channelOf(codec, paths.map(fade)), uplink: channelOf(codec, paths.map(fade)) };
  };
}

/** What a report says to one who has the UE's own list. */
function meantBy({ codeword, payloadBits }: Payload, memory: ReturnType<UeMemory['recall']>): Float32Array {
  const estimate = new Float32Array(2 * 8 * 8);
  codec.decodeInto(estimate, codeword, payloadBits.total, knownOf(memory));
  return estimate;
}

interface Air {
  readonly seq: number;
  readonly payload: Payload;
  readonly meant: Float32Array;
}

/** A session between both memories, over an air that loses and delays what the test says. */
function startSession() {
  const encoder = ue.createEncoder({});
  const memory = createPathUeMemory(codecSpec);
  const decoder = bs.createDecoder({}, 1);
  let bsMemory = startBs();
  let seq = 0;
  let hint = 0;
  const counts = { referring: 0, refused: 0, decoded: 0, hints: 0 };
  return {
    memory,
    counts,
    forget: () => {
      bsMemory = startBs();
    },
    async report(csi: AngularDelayCsi): Promise<Air> {
      const recalled = memory.recall();
      const payload = await encoder.encode(csi, {}, { slot: 0, measured: [], memory: recalled });
      seq++;
      memory.sent(seq, payload);
      if (payload.reference !== undefined) counts.referring++;
      return { seq, payload, meant: meantBy(payload, payload.reference && recalled) };
    },
    /** The BS takes a report. @param isDone - whether its decoder gets to it */
    async arrive({ seq, payload, meant }: Air, isDone: boolean): Promise<string> {
      const { reference, payloadBits, ...rest } = payload;
      const found = reference && bsMemory.find(reference);
      if (reference !== undefined && found === undefined) {
        counts.refused++;
        return 'invalid';
      }
      const record = bs.receive({ ...rest, payloadBits: payloadBits.total }, {}, found);
      bsMemory.received(seq, record);
      if (!isDone) {
        bsMemory.settled(seq, false);
        return 'superseded';
      }
      const estimate = new Float32Array(2 * 8 * 8);
      const [status] = await decoder.decode([{ record, uplink: undefined, estimate }]);
      expect(status).toBe('decoded');
      expect(estimate).toEqual(meant);
      bsMemory.settled(seq, true);
      counts.decoded++;
      return 'decoded';
    },
    /** The BS makes a hint. @returns it, where it is worth sending */
    hint(uplink: AngularDelayCsi): { readonly hint: number; readonly bytes: Uint8Array } | undefined {
      const { bytes } = (bs.createHinter as NonNullable<typeof bs.createHinter>)()(uplink);
      if (!bsMemory.hinted(hint + 1, bytes)) return undefined;
      hint++;
      counts.hints++;
      return { hint, bytes };
    },
  };
}

describe('memory of a session', () => {
  it.each([1, 2, 3])(
    'is never out of step, whatever is lost, late, forgotten or answered in another order (%i)',
    async (seed) => {
      const random = createRandom(seed);
      const happens = (probability: number) => random.uniform() < probability;
      const next = movingPaths(createRandom(100 + seed));
      const session = startSession();
      const reports: Air[] = [];
      const answers: { seq: number; outcome: string }[] = [];
      const hints: { hint: number; bytes: Uint8Array }[] = [];
      for (let step = 0; step < 150; step++) {
        const { downlink, uplink } = next();
        const sent = await session.report(downlink);
        if (!happens(0.1)) reports.push(sent);
        while (reports.length > 0 && happens(0.7)) {
          const report = reports.shift() as Air;
          const answer = { seq: report.seq, outcome: await session.arrive(report, !happens(0.1)) };
          if (!happens(0.1)) answers.splice(Math.floor(random.uniform() * (answers.length + 1)), 0, answer);
        }
        while (answers.length > 0 && happens(0.7)) {
          const { seq, outcome } = answers.shift() as (typeof answers)[number];
          session.memory.answered(seq, outcome);
          if (happens(0.1)) session.memory.answered(seq, 'decoded');
        }
        const hint = happens(0.3) ? session.hint(uplink) : undefined;
        if (hint !== undefined && !happens(0.2)) hints.push(hint);
        while (hints.length > 0 && happens(0.5)) {
          const { hint: number, bytes } = hints.shift() as (typeof hints)[number];
          session.memory.hinted(number, bytes);
        }
        if (happens(0.03)) session.forget();
      }
      expect(session.counts.referring).toBeGreaterThan(25);
      expect(session.counts.refused).toBeGreaterThan(0);
      expect(session.counts.hints).toBeGreaterThan(1);
    },
  );

  it('recovers with the next report once a BS that has forgotten says so', async () => {
    const next = movingPaths(createRandom(5));
    const session = startSession();
    const exchange = async () => {
      const report = await session.report(next().downlink);
      const outcome = await session.arrive(report, true);
      session.memory.answered(report.seq, outcome);
      return outcome;
    };
    for (let i = 0; i < 8; i++) expect(await exchange()).toBe('decoded');
    expect(session.counts.referring).toBeGreaterThan(0);
    let outcome = 'decoded';
    for (let i = 0; i < 40 && outcome === 'decoded'; i++) {
      // Until one refers, the BS may as well go on forgetting.
      session.forget();
      outcome = await exchange();
    }
    expect([outcome, await exchange(), await exchange()]).toEqual(['invalid', 'decoded', 'decoded']);
  });

  it('offers nothing before the first answer, and nothing of a report that was not decoded', async () => {
    const session = startSession();
    const { downlink } = movingPaths(createRandom(6))();
    const { seq } = await session.report(downlink);
    expect(session.memory.recall()).toBeUndefined();
    session.memory.answered(seq, 'superseded');
    session.memory.answered(seq, 'decoded');
    session.memory.answered(77, 'decoded');
    expect(session.memory.recall()).toBeUndefined();
  });

  it('sends a hint that would have saved the latest report its bits, and none until a few reports later', async () => {
    const next = movingPaths(createRandom(7));
    const session = startSession();
    expect(session.hint(next().uplink)).toBeUndefined();
    const sentAfter: number[] = [];
    for (let i = 0; i < 20; i++) {
      const { downlink, uplink } = next();
      const report = await session.report(downlink);
      session.memory.answered(report.seq, await session.arrive(report, true));
      // What the UE never hears of does not make its reports any shorter.
      if (session.hint(uplink) !== undefined) sentAfter.push(i);
    }
    expect(sentAfter[0]).toBeLessThan(8);
    for (const [k, i] of sentAfter.entries())
      if (k > 0) expect(i - (sentAfter[k - 1] as number)).toBeGreaterThanOrEqual(8);
  });

  it('sends no hint of a channel that is another one', async () => {
    const session = startSession();
    const [next, other] = [movingPaths(createRandom(7)), channelOf(codec, drawPaths(codec, 77, 3))];
    for (let i = 0; i < 20; i++) {
      const report = await session.report(next().downlink);
      session.memory.answered(report.seq, await session.arrive(report, true));
      expect(session.hint(other)).toBeUndefined();
    }
  });

  it('offers a hint alone as the list that a UE without a memory makes of it', () => {
    const { uplink } = movingPaths(createRandom(7))();
    const { bytes } = (bs.createHinter as NonNullable<typeof bs.createHinter>)()(uplink);
    const memory = createPathUeMemory(codecSpec);
    memory.hinted(5, bytes);
    const recalled = memory.recall();
    expect(recalled).toMatchObject({ seq: 0, hint: 5 });
    expect(knownOf(recalled)).toEqual(unpackHint(codecSpec, 5, bytes));
  });

  it('refuses bytes that are no hint', () => {
    const memory = createPathUeMemory(codecSpec);
    expect(() => memory.hinted(1, new Uint8Array([0xff, 0xff]))).toThrow(CsiError);
    expect(memory.recall()).toBeUndefined();
  });

  it('refuses a report that is made with another list of the same name', async () => {
    const [one, other] = [startSession(), startSession()];
    const next = movingPaths(createRandom(8));
    let [referring, refused] = [0, 0];
    const decoder = bs.createDecoder({}, 1);
    for (let i = 0; i < 70; i++) {
      for (const session of [one, other]) {
        const report = await session.report(next().downlink);
        const outcome = await session.arrive(report, true);
        session.memory.answered(report.seq, outcome);
      }
      const { payloadBits, reference, ...payload } = (await one.report(next().downlink)).payload;
      const list = other.memory.recall();
      if (reference === undefined || list === undefined) continue;
      referring++;
      const record = bs.receive({ ...payload, payloadBits: payloadBits.total }, {}, list);
      const [status] = await decoder.decode([{ record, uplink: undefined, estimate: new Float32Array(2 * 8 * 8) }]);
      if (status === 'codeword') refused++;
    }
    // The check alone lets one in 15 pass; sessions are told apart by their epochs.
    expect(referring).toBeGreaterThan(5);
    expect(refused / referring).toBeGreaterThan(0.75);
  });
});
