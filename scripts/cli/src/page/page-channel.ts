import type { AngularDelayCsi } from '@edge-csi/csi';
import { hasUplink, usableSample } from '@edge-csi/lab/data';
import type { ReportManifest } from '@edge-csi/models';
import type { DataReader } from '../options/data.ts';

/** Slots for which the channel is one sample of the data, unless told: the page's tests count on it. */
export const usualSlotsPerSample = 8;

/** What a page has to know of the channel. */
export interface ChannelDescription {
  readonly data: string;
  readonly numSamples: number;
  /** In slot s the channel is sample floor(s / slotsPerSample), modulo numSamples. */
  readonly slotsPerSample: number;
  /** Models whose CSI the data can give. */
  readonly models: readonly string[];
}

/** Both bands of one slot, or the downlink alone where the data have no uplink. */
export interface ChannelSlot {
  readonly downlink: AngularDelayCsi;
  readonly uplink: AngularDelayCsi | undefined;
}

/** The air between a page's UE and the BS: a data file, sample after sample, as both ends would measure it. */
export class PageChannel {
  readonly #manifests: ReadonlyMap<string, ReportManifest>;
  readonly #reader: DataReader;
  readonly #slotsPerSample: number;

  private constructor(manifests: readonly ReportManifest[], reader: DataReader, slotsPerSample: number) {
    this.#manifests = new Map(manifests.map((manifest) => [manifest.id, manifest]));
    this.#reader = reader;
    this.#slotsPerSample = slotsPerSample;
  }

  /**
   * Opens the data and tries its first sample.
   *
   * @param manifests - models of one link, at least one
   * @param slotsPerSample - slots for which the channel is one sample
   * @throws CsiError where the data cannot be read, or is of no use to the first model
   */
  static async open(
    manifests: readonly [ReportManifest, ...ReportManifest[]],
    reader: DataReader,
    slotsPerSample = usualSlotsPerSample,
  ): Promise<PageChannel> {
    const channel = new PageChannel(manifests, reader, slotsPerSample);
    await channel.at(0, manifests[0].id);
    return channel;
  }

  async describe(): Promise<ChannelDescription> {
    const [first] = this.#manifests.values();
    const { name, numSamples } = await this.#reader.open(first as ReportManifest);
    return { data: name, numSamples, slotsPerSample: this.#slotsPerSample, models: [...this.#manifests.keys()] };
  }

  /**
   * The channel of one slot as a model takes it.
   *
   * @returns undefined where there is no channel for that model
   * @throws CsiError where the data does not fit the model
   */
  async at(slot: number, modelId: string): Promise<ChannelSlot | undefined> {
    const manifest = this.#manifests.get(modelId);
    if (manifest === undefined) return undefined;
    const source = await this.#reader.open(manifest);
    const sample = Math.floor(slot / this.#slotsPerSample) % source.numSamples;
    return {
      downlink: usableSample(source, 'downlink', sample),
      uplink: hasUplink(source) ? usableSample(source, 'uplink', sample) : undefined,
    };
  }
}
