import {
  type ConnectionOptions,
  connect,
  credsAuthenticator,
  type Msg,
  type NatsConnection,
  usernamePasswordAuthenticator,
} from '@nats-io/transport-node';
import { pemOf } from '../net/tls.ts';
import type { NatsOptions } from '../options.ts';
import type { Broker, BrokerListener, BrokerMessage, BrokerSubscription } from './broker.ts';

/** Pace at which the connection is probed; after two pings without an answer it is given up. */
const pingIntervalMs = 1_000;
const maxPingOut = 2;
/** Between two attempts to connect again: an operator's site has no use for a gateway that waits. */
const reconnectWaitMs = 100;
const reconnectJitterMs = 50;
const connectTimeoutMs = 2_000;

/**
 * Connects to a NATS server.
 *
 * @param name - what the server's monitoring calls this end
 * @throws Error naming the server where it cannot be reached or refuses.
 */
export async function connectNats(options: NatsOptions, name: string, listener: BrokerListener): Promise<Broker> {
  try {
    return new NatsBroker(await connect(connectionOptions(options, name)), listener);
  } catch (cause) {
    const servers = options.servers.join(', ');
    throw new Error(`no connection to NATS at ${servers}: ${(cause as Error).message}`, { cause });
  }
}

function connectionOptions(options: NatsOptions, name: string): ConnectionOptions {
  const { servers, credentials, user, password } = options;
  // The client takes no notice of the scheme; with an object here it goes on with TLS only.
  const tls = options.tls ?? (servers.some((server) => server.startsWith('tls://')) ? {} : undefined);
  return {
    servers: [...servers],
    name,
    pingInterval: pingIntervalMs,
    maxPingOut,
    timeout: connectTimeoutMs,
    maxReconnectAttempts: -1,
    reconnectTimeWait: reconnectWaitMs,
    reconnectJitter: reconnectJitterMs,
    reconnectJitterTLS: reconnectJitterMs,
    ignoreAuthErrorAbort: true,
    ...(credentials === undefined ? {} : { authenticator: credsAuthenticator(new TextEncoder().encode(credentials)) }),
    ...(user === undefined ? {} : { authenticator: usernamePasswordAuthenticator(user, password) }),
    ...(tls === undefined ? {} : { tls: pemOf(tls) }),
  };
}

/** NATS core as the broker. */
class NatsBroker implements Broker {
  readonly #connection: NatsConnection;
  readonly #listener: BrokerListener;
  #connected = true;
  #closed = false;

  constructor(connection: NatsConnection, listener: BrokerListener) {
    this.#connection = connection;
    this.#listener = listener;
    void this.#watch();
  }

  get connected(): boolean {
    return this.#connected;
  }

  get maxPayload(): number {
    return this.#connection.info?.max_payload ?? 0;
  }

  publish(subject: string, data: Uint8Array, reply?: string): boolean {
    // The client would keep it and send it once it is connected again.
    if (!this.#connected) return false;
    // A server that came back may take less in one message than the one that sizes were checked against.
    if (data.length > this.maxPayload) {
      this.#listener.trouble('refused', `it takes ${this.maxPayload} bytes in a message, and one has ${data.length}`);
      return false;
    }
    this.#connection.publish(subject, data, reply === undefined ? {} : { reply });
    return true;
  }

  subscribe(subject: string, onMessage: (message: BrokerMessage) => void, queue?: string): BrokerSubscription {
    const callback = (error: Error | null, message: Msg) => {
      if (error !== null) this.#listener.trouble('refused', error.message);
      else handle(onMessage, messageOf(message));
    };
    const subscription = this.#connection.subscribe(subject, { callback, ...(queue === undefined ? {} : { queue }) });
    return {
      drain: async () => {
        if (this.#closed || subscription.isClosed()) return;
        // Where the connection is lost meanwhile, nothing is on its way any more.
        if (this.#connected) await subscription.drain().catch(() => subscription.unsubscribe());
        else subscription.unsubscribe();
      },
    };
  }

  async flush(): Promise<void> {
    if (!this.#connected) return;
    // Where the connection is lost meanwhile, there is nothing to wait for any more.
    await this.#connection.flush().catch((error: Error) => this.#listener.trouble('refused', error.message));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.flush();
    this.#connected = false;
    await this.#connection.close();
  }

  async #watch(): Promise<void> {
    for await (const status of this.#connection.status()) {
      if (status.type === 'disconnect') {
        this.#connected = false;
        if (!this.#closed) this.#listener.disconnected();
      } else if (status.type === 'reconnect') {
        this.#connected = !this.#closed;
        this.#listener.connected();
      } else if (status.type === 'error') {
        const kind = /slow consumer/i.test(status.error.message) ? 'slow-consumer' : 'refused';
        this.#listener.trouble(kind, status.error.message);
      }
    }
  }
}

/** The client takes an error of a handler for the end of the connection; it is a defect of ours, and ends the process. */
function handle(onMessage: (message: BrokerMessage) => void, message: BrokerMessage): void {
  try {
    onMessage(message);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

function messageOf({ subject, data: bytes, reply, headers }: Msg): BrokerMessage {
  // A plain Uint8Array: what the client hands over is a Buffer, whose slice is a view.
  const data = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { subject, data, reply: reply ?? '', noResponders: data.length === 0 && headers?.code === 503 };
}
