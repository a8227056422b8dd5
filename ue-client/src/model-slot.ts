import { createUeCodec, type UeCodec } from '@edge-csi/csi';
import type { ReportBundle } from '@edge-csi/models';
import type { ModelRef, ReportConfig } from '@edge-csi/proto';
import { httpGet } from '#http';
import { openEncoder } from './encoder-choice.ts';
import { fetchModel, isSameModel } from './model-fetch.ts';
import type { ResolvedOptions } from './options.ts';
import { type ReportEncoder, warmUp } from './report-encoder.ts';

/** A model ready to make reports. */
export interface ActiveModel {
  readonly bundle: ReportBundle;
  readonly codec: UeCodec;
  readonly reports: ReportEncoder;
}

/** The model in use, kept from one session to the next. */
export class ModelSlot {
  readonly #options: ResolvedOptions;
  #current: ActiveModel | undefined;

  constructor(options: ResolvedOptions) {
    this.#options = options;
  }

  /**
   * What the UE says it holds: the caller's own model, and with that the one in use, should the BS have asked for another.
   * A fetched one alone is not offered: it is the BS's of an earlier session, and a BS that came back with another would
   * refuse the UE for it.
   */
  get refs(): ModelRef[] {
    const own = this.#options.model;
    if (own === undefined) return [];
    const refs = [refOf(own)];
    if (this.#current !== undefined && !isSameModel(own, refOf(this.#current.bundle))) {
      refs.push(refOf(this.#current.bundle));
    }
    return refs;
  }

  /**
   * Gets a model ready, warmed up, without taking the current one out of use.
   *
   * @throws CsiError `model-mismatch` where the BS delivers another model than it named
   */
  async load({ model, modelUrl }: ReportConfig, signal: AbortSignal): Promise<ActiveModel> {
    if (this.#current !== undefined && isSameModel(this.#current.bundle, model)) return this.#current;
    const bundle = await this.#bundle(model, modelUrl, signal);
    signal.throwIfAborted();
    const codec = createUeCodec(bundle.codec);
    const reports = await openEncoder(this.#options.encoder, bundle);
    try {
      await warmUp(reports, codec, this.#options.warmUpRuns);
      signal.throwIfAborted();
    } catch (error) {
      await reports.close();
      throw error;
    }
    return { bundle, codec, reports };
  }

  /** Puts a loaded model in use. Nothing may be encoding. */
  install(model: ActiveModel): void {
    const previous = this.#current;
    this.#current = model;
    if (previous !== undefined) this.discard(previous);
  }

  /** Releases a loaded model that is not, or no longer, in use. */
  discard(model: ActiveModel): void {
    if (model !== this.#current) void model.reports.close();
  }

  async close(): Promise<void> {
    const current = this.#current;
    this.#current = undefined;
    await current?.reports.close();
  }

  async #bundle(wanted: ModelRef, modelUrl: string, signal: AbortSignal): Promise<ReportBundle> {
    const { model, url, tls } = this.#options;
    if (model !== undefined && isSameModel(model, wanted)) return model;
    // ws: -> http:, wss: -> https:, on the same host and port.
    const manifestUrl = new URL(modelUrl, url.replace(/^ws/, 'http'));
    return fetchModel((file) => httpGet(file, tls, signal), manifestUrl, wanted, signal);
  }
}

function refOf({ manifest, sha256 }: ReportBundle): ModelRef {
  return { id: manifest.id, sha256 };
}
