import { CsiError } from '@edge-csi/csi';
import * as v from 'valibot';

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const beatSchema = v.object({
  /** A name is a token of the subject that batches go to. */
  worker: v.pipe(v.string(), v.regex(/^[\w-]{1,256}$/)),
  /** `left`: the last word of a worker that goes. */
  state: v.picklist(['serving', 'draining', 'stuck', 'left']),
  /** Keys of the models it decodes. */
  models: v.pipe(v.array(v.string()), v.readonly()),
  /** Decoders that take batches. */
  decoders: count,
  /** Jobs in front of the decoders and with them. */
  load: count,
});

/** What a worker says of itself, ten times a second. */
export type WorkerBeat = v.InferOutput<typeof beatSchema>;

const jsonBeat = v.pipe(v.string(), v.parseJson(), beatSchema);

/** Time between two beats. */
export const beatMs = 100;
/** Silence after which a worker counts as gone. */
export const silentAfterMs = 350;

export function writeBeat(beat: WorkerBeat): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(beat));
}

/** @throws CsiError `payload-invalid` where it is not a beat. */
export function readBeat(bytes: Uint8Array): WorkerBeat {
  const { success, output } = v.safeParse(jsonBeat, new TextDecoder().decode(bytes));
  if (success) return output;
  throw new CsiError('payload-invalid', 'this is not the beat of a decode worker');
}
