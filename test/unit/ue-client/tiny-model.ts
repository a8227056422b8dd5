import { createRandom, createUeCodec, type Network } from '@edge-csi/csi';
import { loadBundle, type Manifest, type ModelBundle, parseManifest, sha256Bytes, toHex } from '@edge-csi/models';
import type { ReportEncoder } from '@edge-csi/ue-client';

/** A model small enough to follow by hand, with the files a BS would serve. */
export interface TinyModel {
  readonly manifest: Manifest;
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly bundle: ModelBundle;
}

const shape = { numAntennas: 4, numDelays: 4 };

export async function tinyModel(id: string, codewordLength = 6): Promise<TinyModel> {
  const random = createRandom(codewordLength);
  const numEntries = shape.numAntennas * shape.numDelays;
  const allocation = new Uint8Array(numEntries * (codewordLength + 4));
  for (let i = 0; i < numEntries * codewordLength; i++) allocation[i] = Math.floor(random.uniform() * 256);
  const bias = new DataView(allocation.buffer, numEntries * codewordLength);
  for (let i = 0; i < numEntries; i++) bias.setInt32(4 * i, 2000, true);
  const files = new Map([
    ['encoder.onnx', new TextEncoder().encode(`encoder of ${id}`)],
    ['decoder.onnx', new TextEncoder().encode(`decoder of ${id}`)],
    ['allocation.bin', allocation],
  ]);
  const entry = async (path: string) => {
    const bytes = files.get(path) as Uint8Array;
    return { path, sha256: toHex(await sha256Bytes(bytes)), bytes: bytes.length };
  };
  const manifest = parseManifest({
    schema: 'edge-csi/manifest@1',
    id,
    family: 'tiny',
    pruned: true,
    reduction: 4,
    csi: {
      ...shape,
      numSubcarriers: 16,
      bandwidthHz: 20e6,
      downlinkCarrierHz: 5.3e9,
      uplinkCarrierHz: 5.1e9,
      timing: 'absolute',
    },
    normalization: { kind: 'spherical', scale: { minDb: -60, stepDb: 0.375, bits: 8 } },
    codeword: { length: codewordLength, bits: Array(codewordLength).fill(5), step: Array(codewordLength).fill(0.02) },
    phase: { maxBits: 4, theta: 500 },
    files: {
      encoder: await entry('encoder.onnx'),
      decoder: await entry('decoder.onnx'),
      allocation: await entry('allocation.bin'),
    },
    training: {},
  });
  const bundle = await loadBundle(manifest, async (path) => files.get(path) as Uint8Array, ['encoder']);
  return { manifest, files, bundle };
}

/** An encoder whose network takes the first entries as they are, and can be made to wait. */
export class FakeEncoder implements Network {
  readonly modelId: string;
  calls = 0;
  isClosed = false;
  /** Set to hold every run back until it resolves. */
  gate: Promise<void> | undefined;
  readonly #length: number;

  constructor(bundle: ModelBundle) {
    this.modelId = bundle.manifest.id;
    this.#length = bundle.manifest.codeword.length;
  }

  /** What the option `encoder` makes of a bundle, with this network. */
  reports({ codec }: ModelBundle): ReportEncoder {
    const encoder = createUeCodec(codec).createEncoder({ encoder: this });
    return { encode: (csi, rate) => encoder.encode(csi, rate), close: () => this.close() };
  }

  async run({ magnitude }: Parameters<Network['run']>[0]): Promise<Float32Array> {
    if (this.isClosed) throw new Error('encode after close');
    this.calls++;
    const latent = (magnitude?.values ?? new Float32Array()).slice(0, this.#length).map((value) => value - 0.25);
    await this.gate;
    if (this.isClosed) throw new Error('closed while encoding');
    return latent;
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }
}

/** Usable CSI, another one for every seed. */
export function tinyCsi(seed: number) {
  const random = createRandom(seed);
  const values = Float32Array.from({ length: 2 * shape.numAntennas * shape.numDelays }, () => random.gaussian());
  return { domain: 'angular-delay', ...shape, values } as const;
}
