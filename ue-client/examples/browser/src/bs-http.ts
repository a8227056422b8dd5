// What the page asks the BS over HTTP: the channel it plays, measurements, and models.
import type { AngularDelayCsi, CsiShape } from '@edge-csi/csi';
import { loadBundle, parseReportManifest, type ReportBundle } from '@edge-csi/models';

/** The page's own folder on the server. */
export const pageUrl = new URL('.', import.meta.url);

/** What the server says of the channel it plays. */
export interface ChannelDescription {
  readonly data: string;
  readonly numSamples: number;
  /** In slot s the channel is sample floor(s / slotsPerSample), modulo numSamples. */
  readonly slotsPerSample: number;
  /** Models it has CSI for. */
  readonly models: readonly string[];
}

/** One measurement to be made. */
export interface Measurement {
  readonly ueId: string;
  /** Empty where the server asks for none. */
  readonly token: string;
  readonly slot: number;
  readonly modelId: string;
  readonly shape: CsiShape;
}

/** @throws Error what went wrong, for people */
export async function describeChannel(signal: AbortSignal): Promise<ChannelDescription> {
  return (await ask(new URL('channel.json', pageUrl), { signal })).json();
}

/**
 * Measures the downlink of a slot. The BS is given the uplink of the same slot before this resolves.
 *
 * @throws Error what went wrong, for people
 */
export async function measureDownlink(
  { ueId, token, slot, modelId, shape }: Measurement,
  signal: AbortSignal,
): Promise<AngularDelayCsi> {
  const url = new URL('measure', pageUrl);
  url.search = new URLSearchParams({ ue: ueId, slot: String(slot), model: modelId }).toString();
  const headers: HeadersInit = token === '' ? {} : { authorization: `Bearer ${token}` };
  const response = await ask(url, { method: 'POST', headers, signal });
  // Both ends are little endian: browsers run on nothing else.
  const values = new Float32Array(await response.arrayBuffer());
  return { domain: 'angular-delay', numAntennas: shape.numAntennas, numDelays: shape.numDelays, values };
}

/** Ids of the models that the BS serves at present, each once. @throws Error what went wrong, for people */
export async function listServedModels(signal: AbortSignal): Promise<readonly string[]> {
  const { models } = (await (await ask(new URL('/models', location.origin), { signal })).json()) as {
    readonly models: readonly { readonly id: string }[];
  };
  return [...new Set(models.map(({ id }) => id))];
}

/**
 * Fetches a model with its encoder, and checks every hash: a UE that holds it is told to use it.
 *
 * @throws CsiError `model-invalid` where it is not what its manifest says; Error where the BS does not deliver
 */
export async function fetchServedModel(id: string, signal: AbortSignal): Promise<ReportBundle> {
  const url = new URL(`/models/${id}/manifest.json`, location.origin);
  const manifest = parseReportManifest(await (await ask(url, { signal })).json());
  const read = async (path: string) => new Uint8Array(await (await ask(new URL(path, url), { signal })).arrayBuffer());
  return loadBundle(manifest, read, ['encoder']);
}

async function ask(url: URL, init: RequestInit): Promise<Response> {
  const response = await fetch(url, init).catch((cause: Error) => {
    throw new Error(`${url.pathname}: the BS does not answer, ${cause.message}`, { cause });
  });
  if (response.ok) return response;
  throw new Error(`${url.pathname}: HTTP ${response.status}, ${(await response.text()).trim()}`);
}
