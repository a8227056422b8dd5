import { createUplinkOnly, type Network, type Tensor } from '@edge-csi/csi';
import { describe, expect, it } from 'vitest';
import { openOrtGraph } from '../../../bs-server/src/decode/ort-graph.ts';
import { tinyFactor, tinyUplinkOnly } from '../models/tiny-uplink-only.ts';

const numEntries = 16;
const model = await tinyUplinkOnly();
/** 6 dB, the tiny model's. */
const downlinkOverUplink = 10 ** (6 / 20);

function uplinkOf(i: number): Float32Array {
  return Float32Array.from({ length: 2 * numEntries }, (_, k) => Math.sin(1 + k + 40 * i) * (i + 1));
}

/** A network that answers with values of its own for each uplink entry. */
function graphOf(run: (uplink: Tensor) => Float32Array): Network {
  return { run: ({ uplink }) => Promise.resolve(run(uplink as Tensor)) };
}

async function decode(decoder: Network, uplinks: readonly Float32Array[]) {
  const rows = uplinks.map((uplink) => ({
    record: new Uint8Array(),
    uplink,
    // What an earlier batch has left must not show.
    estimate: new Float32Array(2 * numEntries).fill(9),
  }));
  const statuses = await createUplinkOnly(model.codec).createDecoder({ decoder }, 4).decode(rows);
  return rows.map(({ estimate }, i) => ({ status: statuses[i], values: estimate }));
}

describe('UplinkOnlyDecoder', () => {
  it("estimates magnitudes at the scale of the uplink's norm, as real parts, with onnxruntime", async () => {
    const uplinks = [uplinkOf(0), uplinkOf(1), uplinkOf(2)];
    const results = await decode(await openOrtGraph(model.decoder, 'cpu', { intraOpNumThreads: 1 }), uplinks);
    for (const [i, uplink] of uplinks.entries()) {
      const { status, values } = results[i] as (typeof results)[number];
      expect(status).toBe('decoded');
      for (let k = 0; k < numEntries; k++) {
        const magnitude = Math.hypot(uplink[k] as number, uplink[numEntries + k] as number);
        expect(values[k]).toBeCloseTo(tinyFactor * downlinkOverUplink * magnitude, 5);
        expect(values[numEntries + k]).toBe(0);
      }
    }
  });

  it('feeds magnitudes of norm 1', async () => {
    const fed: Tensor[] = [];
    await decode(
      graphOf((uplink) => {
        fed.push({ ...uplink, values: uplink.values.slice() });
        return uplink.values;
      }),
      [uplinkOf(0), uplinkOf(3)],
    );
    expect(fed[0]?.dims).toEqual([2, 4, 4]);
    for (const row of [0, 1]) {
      const values = fed[0]?.values.subarray(row * numEntries, (row + 1) * numEntries) ?? [];
      expect(Math.hypot(...values)).toBeCloseTo(1, 6);
    }
  });

  it('takes a magnitude below zero for zero', async () => {
    const [result] = await decode(
      graphOf(({ values }) => values.map((_, k) => (k === 3 ? -0.5 : 0.25))),
      [uplinkOf(0)],
    );
    expect(result?.values[3]).toBe(0);
    expect(result?.values[2]).toBeGreaterThan(0);
  });

  it('flags an estimate that is not finite and leaves the others unharmed', async () => {
    const results = await decode(
      graphOf(({ values }) => values.map((value, k) => (k === numEntries ? Number.NaN : value))),
      [uplinkOf(0), uplinkOf(1), uplinkOf(2)],
    );
    expect(results.map(({ status }) => status)).toEqual(['decoded', 'estimate', 'decoded']);
  });

  it('names a network whose output has another size', async () => {
    const short = decode(
      graphOf(({ values }) => values.slice(1)),
      [uplinkOf(0)],
    );
    await expect(short).rejects.toMatchObject({ code: 'model-invalid', message: expect.stringMatching(/^tiny-u2d: /) });
  });
});
