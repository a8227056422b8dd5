import { CsiError } from '@edge-csi/csi';

/** `left`: the last word of a worker that goes. */
const states = ['serving', 'draining', 'stuck', 'left'] as const;

/** What a worker says of itself, ten times a second. */
export interface WorkerBeat {
  readonly worker: string;
  readonly state: (typeof states)[number];
  /** Keys of the models it decodes. */
  readonly models: readonly string[];
  /** Decoders that take batches. */
  readonly decoders: number;
  /** Jobs in front of the decoders and with them. */
  readonly load: number;
}

/** Time between two beats. */
export const beatMs = 100;
/** Silence after which a worker counts as gone. */
export const silentAfterMs = 350;

export function writeBeat(beat: WorkerBeat): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(beat));
}

/** @throws CsiError `payload-invalid` where it is not a beat. */
export function readBeat(bytes: Uint8Array): WorkerBeat {
  const beat = parsed(bytes);
  if (beat !== undefined) return beat;
  throw new CsiError('payload-invalid', 'this is not the beat of a decode worker');
}

function parsed(bytes: Uint8Array): WorkerBeat | undefined {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (typeof json !== 'object' || json === null) return undefined;
  const { worker, state, models, decoders, load } = json as Partial<WorkerBeat>;
  const known = states.find((name) => name === state);
  // A name is a token of the subject that batches go to.
  if (typeof worker !== 'string' || !/^[\w-]{1,256}$/.test(worker) || known === undefined || !Array.isArray(models))
    return undefined;
  if (!models.every((model) => typeof model === 'string')) return undefined;
  if (!isCount(decoders) || !isCount(load)) return undefined;
  return { worker, state: known, models, decoders, load };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
