import type { CsiShape } from '@edge-csi/csi';
import type { Graph } from './graph.ts';

/** What a refiner sees of one batch of spherical magnitudes. Every array holds `count` samples of the model's shape. */
interface RefinerInput {
  readonly count: number;
  readonly shape: CsiShape;
  /** Dequantised estimate of norm 1, `[count][2][Nt][Nd]`. */
  readonly estimate: Float32Array;
  /** Decoded magnitude, `[count][Nt][Nd]`. */
  readonly magnitude: Float32Array;
  /** Phase bits of each entry, `[count][Nt][Nd]`. */
  readonly bits: Float32Array;
  /** Uplink magnitude, `[count][Nt][Nd]`. */
  readonly uplink: Float32Array;
}

/** Corrects complex CSI after its phases are dequantised and before the norm is applied: `[count][2][Nt][Nd]`. */
export type Refine = (input: RefinerInput) => Promise<Float32Array>;

/** The refinement a refiner graph computes. */
export function createRefine(graph: Graph): Refine {
  return ({ count, shape, estimate, magnitude, bits, uplink }) => {
    const dims = [count, shape.numAntennas, shape.numDelays];
    const inputs = {
      estimate: { values: estimate, dims: [count, 2, shape.numAntennas, shape.numDelays] },
      magnitude: { values: magnitude, dims },
      bits: { values: bits, dims },
      uplink: { values: uplink, dims },
    };
    return graph.run(inputs, 'csi');
  };
}
