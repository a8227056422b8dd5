import { type BsServer, type BsServerOptions, startBsServer } from '@edge-csi/bs-server';
import type { ModelBundle } from '@edge-csi/models';
import { expect } from 'vitest';
import { createSample, firstModel, type Sample, TestUe, until } from '../../bs-server-harness.ts';
import { FaultProxy } from './fault-proxy.ts';

/** A BS server, a proxy in front of it whose links fail, and a UE beside them that must not notice. */
export class FaultRig {
  readonly model: ModelBundle;
  readonly sample: Sample;
  readonly server: BsServer;
  readonly proxy: FaultProxy;
  readonly #bystander: TestUe;
  #besides = 0;

  private constructor(model: ModelBundle, server: BsServer, proxy: FaultProxy, bystander: TestUe) {
    this.model = model;
    this.sample = createSample(model, 7);
    this.server = server;
    this.proxy = proxy;
    this.#bystander = bystander;
  }

  static async start(options: BsServerOptions = {}, model?: ModelBundle): Promise<FaultRig> {
    const served = model ?? (await firstModel());
    const server = await startBsServer({
      port: 0,
      executionProviders: ['cpu'],
      models: [served.manifest.id],
      uplinkOnlyModel: false,
      uplinkWaitMs: 0,
      deadlineMs: 5_000,
      logLevel: 'error',
      ...options,
    });
    const proxy = await FaultProxy.open(server.port);
    return new FaultRig(served, server, proxy, await TestUe.join(server.url, 'bystander', served));
  }

  /** Joins a UE through the proxy. */
  join(ueId: string): Promise<TestUe> {
    return TestUe.join(this.proxy.url, ueId, this.model);
  }

  /** Reports once and waits for the outcome. */
  async outcome(ue: TestUe): Promise<string | undefined> {
    return ue.outcomeOf(ue.report(this.sample).seq);
  }

  /** The UE beside reports, and is served as if nothing had happened. */
  async expectBystanderServed(): Promise<void> {
    for (let i = 0; i < 3; i++) {
      this.#besides++;
      expect(await this.outcome(this.#bystander)).toBe('decoded');
    }
  }

  /** Waits until the server has noticed how many UEs are left beside the bystander. */
  async untilUes(count: number): Promise<void> {
    await until(`${count} UEs`, () => this.server.stats().connections.ues === count + 1);
  }

  /**
   * The server is up and ready, the bystander is served, and the counts add up.
   *
   * @param behindProxy - what must have become of the reports that came through the proxy; what is not named, none
   */
  async expectUnharmed(behindProxy: Partial<Record<'decoded' | 'superseded' | 'late' | 'shed' | 'invalid', number>>) {
    await this.expectBystanderServed();
    await until('the last report', () => this.server.stats().inFlight === 0);
    const expected = { decoded: 0, superseded: 0, late: 0, shed: 0, invalid: 0, ...behindProxy };
    const { received, decoded, superseded, late, shed, invalid } = this.server.stats();
    expect({ decoded: decoded - this.#besides, superseded, late, shed, invalid }).toEqual(expected);
    expect(received).toBe(decoded + superseded + late + shed + invalid);
    expect((await fetch(`${this.server.url}/readyz`)).status).toBe(200);
  }

  async close(): Promise<void> {
    await this.proxy.close();
    await this.server.close();
  }
}
