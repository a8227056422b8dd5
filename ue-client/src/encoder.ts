import { createUeCodec, type PayloadEncoder, type UeCodec } from '@edge-csi/csi';
import type { ReportBundle } from '@edge-csi/models';

/** The UE's whole computation without a connection, from CSI to what a report carries. One call at a time. */
export interface ReportEncoder extends PayloadEncoder {
  /** Releases the engine. Safe to call again. */
  close(): Promise<void>;
}

/**
 * Makes reports of made-up CSI until the engines have compiled what they will run: the first report takes a hundred
 * times as long as the fiftieth.
 */
export async function warmUp(encoder: PayloadEncoder, { shape, trialNorm }: UeCodec, runs: number): Promise<void> {
  const numEntries = shape.numAntennas * shape.numDelays;
  const amplitude = trialNorm / Math.sqrt(numEntries);
  const values = Float32Array.from({ length: 2 * numEntries }, (_, i) => amplitude * Math.cos(i));
  for (let i = 0; i < runs; i++) await encoder.encode({ domain: 'angular-delay', ...shape, values }, {});
}

/**
 * The encoders there are: `ort` runs encoder.onnx with onnxruntime-web; `micro` does all of a report in a WebAssembly
 * module of a few kilobytes, with int8 weights. A model of path reports has no network: both run the same TypeScript for it,
 * and nothing of onnxruntime-web is loaded.
 */
export const encoderBackends = ['ort', 'micro'] as const;

/** Name of an encoder. */
export type EncoderBackend = (typeof encoderBackends)[number];

/** A backend by name, or what makes a report encoder of a model: a backend with options of its own. */
export type EncoderChoice = EncoderBackend | ((bundle: ReportBundle) => Promise<ReportEncoder>);

/** @throws TypeError where it is neither */
export function requireEncoderChoice(choice: EncoderChoice): void {
  if (typeof choice === 'function' || encoderBackends.includes(choice)) return;
  throw new TypeError(`encoder is ${String(choice)}, must be ${encoderBackends.join(', ')} or a function`);
}

/**
 * Gets the encoder of a model ready. Only the code of the backend chosen is loaded.
 *
 * @param bundle a model loaded with its encoder
 * @throws CsiError `model-invalid` where the backend cannot run the model
 */
export async function openEncoder(choice: EncoderChoice, bundle: ReportBundle): Promise<ReportEncoder> {
  if (typeof choice === 'function') return choice(bundle);
  const codec = createUeCodec(bundle.codec);
  // Without a network there is nothing for an engine to run.
  if (codec.networks.length === 0) return { ...codec.createEncoder({}), close: async () => undefined };
  if (choice === 'micro') {
    const { createMicroEncoder } = await import('./micro/micro-encoder.ts');
    return createMicroEncoder(bundle);
  }
  const { createOrtEncoder } = await import('./ort.ts');
  return createOrtEncoder(bundle);
}
