import { createQuantizer, type EncodeContext } from '@edge-csi/csi';
import { createDualnet } from '@edge-csi/csi/dualnet';
import type { KnownPaths, PathMark } from '@edge-csi/csi/paths';
import {
  type ComplexBundle,
  hasNetworks,
  isComplexModel,
  type ModelBundle,
  type PathBundle,
  type ReportBundle,
} from '@edge-csi/models';
import { type EncoderBackend, openEncoder, type Payload, type Rate, type ReportEncoder } from '@edge-csi/ue-client';
import { pageUrl } from './bs-http.ts';

/** What a report says, read back from its bytes as the BS reads it. */
export interface ReportContent {
  /** Quantised components in half steps at full rate, `[M]`. */
  readonly centred: Int16Array;
  /** Bits that both ends give each phase, or sign, from the codeword; by entry, planes one after the other. */
  readonly entryBits: Uint8Array;
  /** The paths of a path report, strongest first; undefined of others. */
  readonly marks: readonly PathMark[] | undefined;
}

/** What is read back of the reports of one model. */
type Reader = (encoded: Payload, rate: Rate, memory: EncodeContext['memory']) => ReportContent;

interface LatestReport {
  readonly read: Reader;
  readonly rate: Rate;
  readonly encoded: Payload;
  /** What it refers to. */
  readonly memory: EncodeContext['memory'];
}

/** Looks at the reports an encoder makes: the client hands on their sizes only. */
export class ReportTap {
  readonly #latest = new Map<string, LatestReport>();
  readonly #backend: EncoderBackend;
  readonly #maxBits: () => number | undefined;

  /** @param maxBits - most bits of the next path report, where the BS allows more */
  constructor(backend: EncoderBackend, maxBits: () => number | undefined) {
    this.#backend = backend;
    this.#maxBits = maxBits;
  }

  /** The `encoder` option of `connectUe`. */
  readonly open = async (bundle: ReportBundle): Promise<ReportEncoder> => {
    const reports = await openBackend(this.#backend, bundle);
    const { id } = bundle.manifest;
    const read = await readerOf(bundle);
    return {
      ...(reports.createMemory && { createMemory: reports.createMemory }),
      encode: async (csi, asked, context) => {
        const rate = bundle.codec.kind === 'paths' ? capped(bundle.codec, asked, this.#maxBits()) : asked;
        const encoded = await reports.encode(csi, rate, context);
        this.#latest.set(id, { read, rate, encoded, memory: encoded.reference && context?.memory });
        return encoded;
      },
      close: () => {
        if (this.#latest.get(id)?.read === read) this.#latest.delete(id);
        return reports.close();
      },
    };
  };

  /** The latest report under a model; undefined where there is none. */
  read(modelId: string): ReportContent | undefined {
    const latest = this.#latest.get(modelId);
    return latest?.read(latest.encoded, latest.rate, latest.memory);
  }
}

async function readerOf(bundle: ReportBundle): Promise<Reader> {
  if (hasNetworks(bundle)) return networkReader(bundle);
  return isComplex(bundle) ? complexReader(bundle) : pathReader(bundle as PathBundle);
}

const isComplex = (bundle: ReportBundle): bundle is ComplexBundle => isComplexModel(bundle.manifest);

/** A codeword alone: no entry has bits of its own. */
function complexReader({ codec: { codeword: spec, shape } }: ComplexBundle): Reader {
  const quantizer = createQuantizer(spec.bits, spec.step);
  const entryBits = new Uint8Array(shape.numAntennas * shape.numDelays);
  return ({ codeword }, { codewordTruncation = 0 }) => {
    const truncated = quantizer.withTruncation(codewordTruncation);
    const centred = new Int16Array(truncated.length);
    truncated.centredInto(centred, truncated.unpack(codeword));
    return { centred, entryBits, marks: undefined };
  };
}

function networkReader(bundle: ModelBundle): Reader {
  const { allocation, quantizer } = createDualnet(bundle.codec);
  return ({ codeword }, { codewordTruncation = 0, phaseTheta = bundle.manifest.phase.theta }) => {
    const truncated = quantizer.withTruncation(codewordTruncation);
    const centred = new Int16Array(truncated.length);
    truncated.centredInto(centred, truncated.unpack(codeword));
    const entryBits = new Uint8Array(allocation.numEntries);
    allocation.allocateInto(entryBits, centred, phaseTheta);
    return { centred, entryBits, marks: undefined };
  };
}

/** Loads the path codec with the first path model: a page of networks does without. */
async function pathReader({ codec: spec }: PathBundle): Promise<Reader> {
  const { createMovingPathCodec, createPathCodec, knownOf, markPaths } = await import('@edge-csi/csi/paths');
  const isMoving = spec.codec.doppler !== false;
  const moving = isMoving ? createMovingPathCodec(spec.codec) : undefined;
  const still = isMoving ? undefined : createPathCodec(spec.codec);
  const pathsOf = (payload: Uint8Array, bits: number, known: KnownPaths | undefined) =>
    moving ? moving.decodePaths(payload, bits, known).paths : (still?.decodePaths(payload, bits, known) ?? []);
  return ({ codeword, payloadBits }, _, memory) => ({
    centred: new Int16Array(),
    entryBits: new Uint8Array(),
    marks: markPaths(pathsOf(codeword, payloadBits.total, knownOf(memory)), spec.codec.antennas),
  });
}

/** A UE may say less than the BS allows, and never more. */
function capped(spec: PathBundle['codec'], rate: Rate, maxBits: number | undefined): Rate {
  const { maxPayloadBits = spec.rate.maxPayloadBits } = rate;
  return maxBits === undefined ? rate : { ...rate, maxPayloadBits: Math.min(maxBits, maxPayloadBits) };
}

/** `ort` by hand, since its files come from this server. */
async function openBackend(backend: EncoderBackend, bundle: ReportBundle): Promise<ReportEncoder> {
  if (backend !== 'ort' || bundle.codec.kind === 'paths') return openEncoder(backend, bundle);
  const { createOrtEncoder } = await import('@edge-csi/ue-client/ort');
  const wasmPaths = new URL('ort/', pageUrl).href;
  return createOrtEncoder(bundle, { wasmPaths });
}
