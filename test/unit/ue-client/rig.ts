import { requireNetworks } from '@edge-csi/models';
import type { ReportConfig } from '@edge-csi/proto';
import { type ConnectOptions, connectUe, type ReportResult, type Ue, type UeState } from '@edge-csi/ue-client';
import { configFor, FakeBs, type FakeConnection } from './fake-bs.ts';
import { Mailbox } from './mailbox.ts';
import { FakeEncoder, type TinyModel, tinyModel } from './tiny-model.ts';

/** A fake BS, and UEs whose encoders and events a test can watch. */
export class Rig implements AsyncDisposable {
  readonly bs: FakeBs;
  readonly model: TinyModel;
  readonly encoders: FakeEncoder[] = [];
  readonly results: ReportResult[] = [];
  readonly rejects: Error[] = [];
  readonly states = new Mailbox<UeState>('state');
  readonly adopted = new Mailbox<ReportConfig>('reconfigure');
  readonly #ues: Ue[] = [];

  private constructor(bs: FakeBs, model: TinyModel) {
    this.bs = bs;
    this.model = model;
  }

  static async start(...others: TinyModel[]): Promise<Rig> {
    const model = await tinyModel('tiny-a');
    return new Rig(await FakeBs.start(model, ...others), model);
  }

  get options(): ConnectOptions {
    return {
      url: this.bs.url,
      ueId: 'ue-1',
      model: this.model.bundle,
      warmUpRuns: 2,
      reconnect: { minDelayMs: 1, maxDelayMs: 4, random: () => 0.5 },
      encoder: async (model) => {
        const bundle = requireNetworks(model);
        const encoder = new FakeEncoder(bundle);
        this.encoders.push(encoder);
        return encoder.reports(bundle);
      },
      onAck: (result) => this.results.push(result),
      onReject: (error) => this.rejects.push(error),
      onReconfigure: (config) => this.adopted.put(config),
      onStateChange: (state) => this.states.put(state),
    };
  }

  /** Connects with the BS's help, which is left with the connection. */
  async connect(change: Partial<ConnectOptions> = {}): Promise<{ ue: Ue; link: FakeConnection }> {
    const connecting = connectUe({ ...this.options, ...change });
    const link = await this.bs.connections.take();
    link.send('welcome', { epoch: 1, config: configFor(this.model) });
    const ue = await connecting;
    this.#ues.push(ue);
    return { ue, link };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#ues.map((ue) => ue.close()));
    await this.bs[Symbol.asyncDispose]();
  }
}
