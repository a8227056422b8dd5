/** A message as it comes from the broker. */
export interface BrokerMessage {
  readonly subject: string;
  /** A view on memory that does not change any more, not aligned to anything. */
  readonly data: Uint8Array;
  /** Subject that an answer goes to; empty where none is asked for. */
  readonly reply: string;
  /** The broker's word that nobody listens on the subject a message of ours went to. */
  readonly noResponders: boolean;
}

export interface BrokerSubscription {
  /** Asks for no more messages. @returns once those on their way have been handled */
  drain(): Promise<void>;
}

/** News of the connection. */
export interface BrokerListener {
  connected(): void;
  /** What was asked for and not answered will not be. */
  disconnected(): void;
  /** Messages to this end were dropped, or something was refused, as a subject it has no permission for. */
  trouble(kind: 'slow-consumer' | 'refused', message: string): void;
}

/** A connection to a message broker: at most once, nothing kept. It comes back by itself when it is lost. */
export interface Broker {
  /** False from the moment the connection is lost until it is back. */
  readonly connected: boolean;
  /** Most bytes of a message. */
  readonly maxPayload: number;
  /**
   * Sends a message. While there is no connection it is dropped, so that nothing stale goes out once there is one again; one
   * that is larger than the server takes is dropped too.
   *
   * @param reply - subject that answers go to, and the broker's word that nobody listens
   * @returns false where it was dropped
   */
  publish(subject: string, data: Uint8Array, reply?: string): boolean;
  /** @param queue - of those who subscribe under one queue name, one gets each message */
  subscribe(subject: string, onMessage: (message: BrokerMessage) => void, queue?: string): BrokerSubscription;
  /** Waits until the broker has everything that was published, or the connection is lost. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** Opens a connection. @throws Error where there is no broker or it refuses. */
export type ConnectBroker = (listener: BrokerListener) => Promise<Broker>;
