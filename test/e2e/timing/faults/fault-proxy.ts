import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { FaultLink } from './fault-link.ts';

/** A TCP proxy in front of a server on this machine whose links misbehave when a test tells them to. */
export class FaultProxy {
  readonly #server: Server;
  readonly #targetPort: number;
  readonly #links: FaultLink[] = [];

  private constructor(targetPort: number) {
    this.#targetPort = targetPort;
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket));
  }

  static async open(targetPort: number): Promise<FaultProxy> {
    const proxy = new FaultProxy(targetPort);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  /** Base for WebSockets through the proxy. */
  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The connection opened last. */
  get link(): FaultLink {
    const link = this.#links[this.#links.length - 1];
    if (link === undefined) throw new RangeError('nobody has connected through the proxy');
    return link;
  }

  /** Connections so far. */
  get connections(): number {
    return this.#links.length;
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const link of this.#links) link.reset();
    await closed;
  }

  #accept(client: Socket): void {
    const server = connect({ port: this.#targetPort, host: '127.0.0.1', allowHalfOpen: true });
    for (const socket of [client, server]) socket.setNoDelay(true);
    this.#links.push(new FaultLink(client, server));
  }
}
