import type { ReportBundle } from '@edge-csi/models';
import type { ReportEncoder } from './report-encoder.ts';

/**
 * The encoders there are: `ort` runs encoder.onnx with onnxruntime-web; `micro` does all of a report in a WebAssembly
 * module of a few kilobytes, with int8 weights. A model of path reports has no network: a WebAssembly module of its own makes
 * its reports whichever is chosen, and nothing of onnxruntime-web is loaded.
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
  if (bundle.codec.kind === 'paths') {
    const { openPathReports } = await import('./micro/path-encoder.ts');
    return openPathReports(bundle.codec);
  }
  if (choice === 'micro') {
    const { createMicroEncoder } = await import('./micro/micro-encoder.ts');
    return createMicroEncoder(bundle);
  }
  const { createOrtEncoder } = await import('./ort.ts');
  return createOrtEncoder(bundle);
}
