import type { AngularDelayCsi, CsiShape } from '@edge-csi/csi';

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

async function ask(url: URL, init: RequestInit): Promise<Response> {
  const response = await fetch(url, init).catch((cause: Error) => {
    throw new Error(`${url.pathname}: the BS does not answer, ${cause.message}`, { cause });
  });
  if (response.ok) return response;
  throw new Error(`${url.pathname}: HTTP ${response.status}, ${(await response.text()).trim()}`);
}
