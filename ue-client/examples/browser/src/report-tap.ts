import { createDualnet, type Dualnet } from '@edge-csi/csi/dualnet';
import { hasNetworks, type ReportBundle } from '@edge-csi/models';
import { type EncoderBackend, openEncoder, type Payload, type Rate, type ReportEncoder } from '@edge-csi/ue-client';
import { pageUrl } from './bs-http.ts';

/** What a report says, read back from its bytes as the BS reads it. */
export interface ReportContent {
  /** Quantised components in half steps at full rate, `[M]`. */
  readonly centred: Int16Array;
  /** Bits that both ends give each phase, or sign, from the codeword; by entry, planes one after the other. */
  readonly entryBits: Uint8Array;
}

/** Looks at the reports an encoder makes: the client hands on their sizes only. */
export class ReportTap {
  readonly #latest = new Map<
    string,
    { bundle: ReportBundle; dualnet: Dualnet | undefined; rate: Rate; encoded: Payload }
  >();
  readonly #backend: EncoderBackend;

  constructor(backend: EncoderBackend) {
    this.#backend = backend;
  }

  /** The `encoder` option of `connectUe`. */
  readonly open = async (bundle: ReportBundle): Promise<ReportEncoder> => {
    const reports = await openBackend(this.#backend, bundle);
    const { id } = bundle.manifest;
    const dualnet = hasNetworks(bundle) ? createDualnet(bundle.codec) : undefined;
    return {
      encode: async (csi, rate) => {
        const encoded = await reports.encode(csi, rate);
        this.#latest.set(id, { bundle, dualnet, rate, encoded });
        return encoded;
      },
      close: () => {
        if (this.#latest.get(id)?.bundle === bundle) this.#latest.delete(id);
        return reports.close();
      },
    };
  };

  /** The latest report under a model; undefined where there is none. */
  read(modelId: string): ReportContent | undefined {
    const latest = this.#latest.get(modelId);
    if (latest === undefined) return undefined;
    const { bundle, dualnet, rate, encoded } = latest;
    if (dualnet === undefined || !hasNetworks(bundle))
      return { centred: new Int16Array(), entryBits: new Uint8Array() };
    const { allocation } = dualnet;
    const { codewordTruncation = 0, phaseTheta = bundle.manifest.phase.theta } = rate;
    const quantizer = dualnet.quantizer.withTruncation(codewordTruncation);
    const centred = new Int16Array(quantizer.length);
    quantizer.centredInto(centred, quantizer.unpack(encoded.codeword));
    const entryBits = new Uint8Array(allocation.numEntries);
    allocation.allocateInto(entryBits, centred, phaseTheta);
    return { centred, entryBits };
  }
}

/** `ort` by hand, since its files come from this server. */
async function openBackend(backend: EncoderBackend, bundle: ReportBundle): Promise<ReportEncoder> {
  if (backend !== 'ort' || !hasNetworks(bundle)) return openEncoder(backend, bundle);
  const { createOrtEncoder } = await import('@edge-csi/ue-client/ort');
  const wasmPaths = new URL('ort/', pageUrl).href;
  return createOrtEncoder(bundle, { wasmPaths });
}
