import path from 'node:path';
import { type AngularDelayCsi, nmseDb, type Payload, squaredErrorRatio } from '@edge-csi/csi';
import { createDualnet, type Dualnet } from '@edge-csi/csi/dualnet';
import type { Manifest, ModelBundle } from '@edge-csi/models';
import { loadModel, readManifest, zooDirectory } from '@edge-csi/models/disk';
import { openEncoder, type ReportEncoder } from '@edge-csi/ue-client';
import { createMicroEncoder } from '@edge-csi/ue-client/micro';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dataFor, linkSamples, openData, sampleData } from '../../../scripts/lab/src/data.ts';
import { batchSize, openTransceiver } from '../../../scripts/lab/src/link/transceiver.ts';
import { CHost, missingCompiler } from './c-host.ts';
import { sampleCsi } from './sample-csi.ts';

/** A rate with every knob named. */
type DualnetRate = Readonly<Record<'codewordTruncation' | 'phaseTheta', number>>;

type Report = Pick<Payload, 'codeword' | 'scale' | 'phase'>;

interface Backend {
  readonly name: string;
  /** Whether its weights are int8: all of these must agree to the last bit. */
  readonly isInteger: boolean;
  open(bundle: ModelBundle): Promise<ReportEncoder>;
}

const backends: readonly Backend[] = [
  { name: 'ort', isInteger: false, open: (bundle) => openEncoder('ort', bundle) },
  { name: 'micro with SIMD', isInteger: true, open: (bundle) => createMicroEncoder(bundle, { simd: true }) },
  { name: 'micro without SIMD', isInteger: true, open: (bundle) => createMicroEncoder(bundle, { simd: false }) },
  {
    name: 'micro with float32 weights',
    isInteger: false,
    open: (bundle) => createMicroEncoder(bundle, { weights: 'float32', simd: true }),
  },
  {
    name: 'micro with float32 weights without SIMD',
    isInteger: false,
    open: (bundle) => createMicroEncoder(bundle, { weights: 'float32', simd: false }),
  },
];

const ids = ['mag-m16', 'mag-m43', 'mag-m43-full', 'mag-m128', 'abs-m106', 'mag-minmax-m43'].map(
  (id) => `dualnet-${id}`,
);
const numSamples = 256;
const compilerMissing = missingCompiler();
if (compilerMissing !== undefined) console.log(`C encoder on the host: skipped, ${compilerMissing}`);

describe.each(ids)('%s', (id) => {
  let bundle: ModelBundle;
  let dualnet: Dualnet;
  let manifest: Manifest;
  let samples: AngularDelayCsi[];
  /** Reports at the model's own rate, by backend. */
  const reports = new Map<string, Report[]>();
  let rate: DualnetRate;

  const encoders = new Map<string, ReportEncoder>();

  async function encodeAll({ name }: Backend, config: DualnetRate, of = samples): Promise<Report[]> {
    const encoder = encoders.get(name) as ReportEncoder;
    const all: Report[] = [];
    for (const csi of of) all.push(await encoder.encode(csi, config));
    return all;
  }

  beforeAll(async () => {
    bundle = await loadModel(path.join(zooDirectory(), id), ['encoder']);
    ({ manifest } = bundle);
    dualnet = createDualnet(bundle.codec);
    samples = await sampleCsi(manifest, numSamples);
    rate = { codewordTruncation: 0, phaseTheta: manifest.phase.theta };
    for (const backend of backends) {
      encoders.set(backend.name, await backend.open(bundle));
      reports.set(backend.name, await encodeAll(backend, rate));
    }
  });

  afterAll(async () => {
    for (const encoder of encoders.values()) await encoder.close();
  });

  const levelsOf = ({ codeword }: Report) => dualnet.quantizer.unpack(codeword).levels;

  it.each(backends.slice(1))('$name is at most one level off ort, in under 1 % of the components', ({ name }) => {
    let components = 0;
    let off = 0;
    let furthest = 0;
    for (const [i, report] of (reports.get(name) ?? []).entries()) {
      const expected = levelsOf(reports.get('ort')?.[i] as Report);
      for (const [j, level] of levelsOf(report).entries()) {
        const difference = Math.abs(level - (expected[j] as number));
        furthest = Math.max(furthest, difference);
        components++;
        off += difference;
      }
    }
    expect(furthest).toBeLessThanOrEqual(1);
    expect(components).toBe(numSamples * manifest.codeword.length);
    expect(off / components).toBeLessThan(0.01);
  });

  it('gives the same bytes with int8 weights with and without SIMD, at every rate', async () => {
    const [simd, scalar] = backends.filter(({ isInteger }) => isInteger) as [Backend, Backend];
    expect(reports.get(scalar.name)?.map(reportPart)).toEqual(reports.get(simd.name)?.map(reportPart));
    for (const config of ratesOf(manifest)) {
      const some = samples.slice(0, 8);
      const expected = (await encodeAll(simd, config, some)).map(reportPart);
      expect((await encodeAll(scalar, config, some)).map(reportPart)).toEqual(expected);
    }
  });

  it.each(backends)('$name codes phases as csi does for the codeword it sends', async (backend) => {
    for (const config of [rate, ...ratesOf(manifest)]) {
      const some = samples.slice(0, 8);
      for (const [i, report] of (await encodeAll(backend, config, some)).entries()) {
        const csi = some[i] as AngularDelayCsi;
        expect(Buffer.from(report.phase)).toEqual(Buffer.from(phaseOf(dualnet, csi, report.codeword, config)));
        expect(report.scale).toBe(scaleOf(dualnet, csi));
      }
    }
  });

  it.runIf(compilerMissing === undefined && !id.includes('minmax'))(
    'in C gives the bytes of micro, at every rate, clean under the sanitizers',
    async () => {
      const host = await CHost.build(bundle, samples.slice(0, 4));
      if (id === 'dualnet-mag-m43') expect(host.selfTest()).toContain('vectors equal 4');
      const [simd] = backends.filter(({ isInteger }) => isInteger) as [Backend];
      expect(host.encode(samples, rate).map(reportPart)).toEqual(reports.get(simd.name)?.map(reportPart));
      for (const config of ratesOf(manifest)) {
        const some = samples.slice(0, 16);
        const expected = await encodeAll(simd, config, some);
        expect(host.encode(some, config).map(reportPart)).toEqual(expected.map(reportPart));
      }
    },
    120_000,
  );

  it.each(backends)('$name refuses what is no CSI and takes the next report', async (backend) => {
    const encoder = await backend.open(bundle);
    const good = samples[0] as AngularDelayCsi;
    const withValues = (values: Float32Array) => ({ ...good, values });
    const poisoned = good.values.slice();
    poisoned[77] = Number.NaN;
    const bad = [
      withValues(poisoned),
      withValues(new Float32Array(good.values.length)),
      withValues(good.values.subarray(1)),
      { ...good, numAntennas: good.numAntennas - 1 },
      { ...good, domain: 'spatial-frequency' } as unknown as AngularDelayCsi,
      { ...good, values: [...good.values] } as unknown as AngularDelayCsi,
      withValues(good.values.map((value) => value * 2 ** 60)),
    ];
    // Without a norm on the wire there is no scale to be off.
    if (dualnet.representation.scaleBits === 0) bad.pop();
    for (const csi of bad) await expect(encoder.encode(csi, rate)).rejects.toMatchObject({ code: 'csi-invalid' });
    await expect(encoder.encode(good, { ...rate, codewordTruncation: 8 })).rejects.toThrow(RangeError);
    await expect(encoder.encode(good, { ...rate, phaseTheta: 0 })).rejects.toThrow(RangeError);
    expect(reportPart(await encoder.encode(good, rate))).toEqual(reportPart(reports.get(backend.name)?.[0] as Report));
    await encoder.close();
    await encoder.close();
  });
});

describe('accuracy', () => {
  it.each(['dualnet-mag-m16', 'dualnet-mag-m43', 'dualnet-mag-m128'])(
    '%s loses less than 0.1 dB of NMSE with int8 weights',
    async (id) => {
      const manifest = await readManifest(path.join(zooDirectory(), id));
      const source = await openData(dataFor(manifest, { data: sampleData }));
      const nmse = async (choice: 'ort' | 'micro') => {
        const transceiver = await openTransceiver(manifest, zooDirectory(), choice);
        const errors: number[] = [];
        for (let start = 0; start < 128; start += batchSize) {
          const batch = linkSamples(source, start, start + batchSize);
          for (const [i, { estimate }] of (await transceiver.carry(batch, {})).entries()) {
            errors.push(squaredErrorRatio((batch[i] as (typeof batch)[number]).downlink, estimate));
          }
        }
        await transceiver.close();
        return nmseDb(errors);
      };
      expect((await nmse('micro')) - (await nmse('ort'))).toBeLessThan(0.1);
    },
    120_000,
  );
});

/** Rates a BS may ask for: every truncation, and thresholds from bits for all to bits for none. */
function ratesOf({ phase }: Manifest): DualnetRate[] {
  const thetas = [1, Math.max(1, Math.floor(phase.theta / 4)), 3 * phase.theta, 2 ** 24];
  return [
    ...[1, 3, 7].map((codewordTruncation) => ({ codewordTruncation, phaseTheta: phase.theta })),
    ...thetas.map((phaseTheta) => ({ codewordTruncation: 0, phaseTheta })),
  ];
}

function reportPart(report: Report | number) {
  if (typeof report === 'number') throw new Error(`refused with ${report}`);
  const { codeword, scale, phase } = report;
  return { codeword: Buffer.from(codeword), scale, phase: Buffer.from(phase) };
}

/** What csi itself makes of the phases, the codeword being given. */
function phaseOf(
  { representation, allocation, ...dualnet }: Dualnet,
  csi: AngularDelayCsi,
  codeword: Uint8Array,
  config: DualnetRate,
): Uint8Array {
  const quantizer = dualnet.quantizer.withTruncation(config.codewordTruncation);
  const centred = new Int16Array(quantizer.length);
  quantizer.centredInto(centred, quantizer.unpack(codeword));
  const bits = new Uint8Array(allocation.numEntries);
  allocation.allocateInto(bits, centred, config.phaseTheta);
  return representation.encodePhase(csi, bits).bytes;
}

function scaleOf({ representation }: Dualnet, csi: AngularDelayCsi): number {
  return representation.quantizeNorm(representation.normalize(csi).norm).level;
}
