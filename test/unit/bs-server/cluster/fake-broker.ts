import type { Broker, BrokerListener, BrokerMessage } from '../../../../bs-server/src/cluster/broker.ts';

interface Published {
  readonly subject: string;
  readonly data: Uint8Array;
  readonly reply: string;
}

/** A broker whose deliveries are in the test's hands. */
export class FakeBroker implements Broker {
  maxPayload: number;
  readonly published: Published[] = [];
  readonly #subscriptions = new Map<string, (message: BrokerMessage) => void>();
  #listener: BrokerListener | undefined;
  connected = true;

  constructor(maxPayload = 2 ** 20) {
    this.maxPayload = maxPayload;
  }

  readonly connect = async (listener: BrokerListener): Promise<Broker> => {
    this.#listener = listener;
    return this;
  };

  publish(subject: string, data: Uint8Array, reply = ''): boolean {
    if (!this.connected || data.length > this.maxPayload) return false;
    // As the client of a real one does.
    if (subject === '' || /\s/.test(subject)) throw new Error(`invalid subject '${subject}'`);
    this.published.push({ subject, data, reply });
    return true;
  }

  subscribe(subject: string, onMessage: (message: BrokerMessage) => void) {
    this.#subscriptions.set(subject, onMessage);
    return {
      drain: async () => {
        this.#subscriptions.delete(subject);
      },
    };
  }

  /** Subjects somebody listens on. */
  get subjects(): string[] {
    return [...this.#subscriptions.keys()];
  }

  /** Brings a message to whoever listens on its subject, a last `*` standing for any token. */
  deliver(subject: string, data: Uint8Array, more: Partial<BrokerMessage> = {}): void {
    const wild = `${subject.slice(0, subject.lastIndexOf('.'))}.*`;
    const onMessage = this.#subscriptions.get(subject) ?? this.#subscriptions.get(wild);
    if (onMessage === undefined) throw new Error(`nobody listens on ${subject}`);
    onMessage({ subject, data, reply: '', noResponders: false, ...more });
  }

  lose(): void {
    this.connected = false;
    this.#listener?.disconnected();
  }

  find(): void {
    this.connected = true;
    this.#listener?.connected();
  }

  async flush(): Promise<void> {
    return;
  }

  async close(): Promise<void> {
    this.connected = false;
  }
}
