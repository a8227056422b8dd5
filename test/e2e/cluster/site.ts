import { once } from 'node:events';
import { type ServeProcess, startServe } from '../serve-process.ts';
import { NatsServer } from './nats-server.ts';

/** A broker with gateways and workers, each a process of its own, that serve models of one folder. */
export class Site {
  readonly broker: NatsServer;
  readonly #zoo: string;
  readonly #ownsBroker: boolean;
  readonly #processes = new Set<ServeProcess>();

  private constructor(broker: NatsServer, zoo: string, ownsBroker: boolean) {
    this.broker = broker;
    this.#zoo = zoo;
    this.#ownsBroker = ownsBroker;
  }

  static async start(zoo: string): Promise<Site> {
    return new Site(await NatsServer.start(), zoo, true);
  }

  /** A site with a broker that is there already, and stays. */
  static on(broker: NatsServer, zoo: string): Site {
    return new Site(broker, zoo, false);
  }

  worker(...args: string[]): Promise<ServeProcess> {
    return this.#start('worker', args);
  }

  gateway(...args: string[]): Promise<ServeProcess> {
    return this.#start('gateway', args);
  }

  /** Ends a process with a signal and waits until it is gone. @returns its exit code; null where it was killed */
  async end(serve: ServeProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    this.#processes.delete(serve);
    const exited = once(serve.process, 'exit');
    serve.process.kill(signal);
    return (await exited)[0];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const serve of this.#processes) {
      // A stopped process is killed all the same.
      await this.end(serve, 'SIGKILL');
    }
    if (this.#ownsBroker) await this.broker[Symbol.asyncDispose]();
  }

  async #start(role: 'gateway' | 'worker', args: readonly string[]): Promise<ServeProcess> {
    const site = ['--role', role, '--nats', this.broker.namedUrl, '--zoo', this.#zoo, '--quiet'];
    const serve = await startServe(...site, '--models', 'link', ...args);
    this.#processes.add(serve);
    return serve;
  }
}
