import type { PathList } from '../path-list.ts';

/** One propagation path, as a path list holds it. */
export interface Path {
  readonly azimuthRad: number;
  readonly elevationRad: number;
  readonly delayNs: number;
  readonly gainRe: number;
  readonly gainIm: number;
  readonly uplinkGainRatio: number;
  readonly uplinkPhaseRad: number;
}

/** Collects the paths of one sample; used again for the next. Consecutive paths of equal delay stay together. */
export class PathBuffer {
  readonly #paths: Path[] = [];
  readonly #hasUplinkPhase: boolean;

  /** @param hasUplinkPhase - whether the lists made of it have uplink phases */
  constructor(hasUplinkPhase: boolean) {
    this.#hasUplinkPhase = hasUplinkPhase;
  }

  get paths(): readonly Path[] {
    return this.#paths;
  }

  clear(): void {
    this.#paths.length = 0;
  }

  add(path: Path): void {
    this.#paths.push(path);
  }

  /**
   * A path list of one sample, without its weakest paths.
   *
   * @param droppedEnergy - share of the energy that the paths left out may have together
   */
  toPathList(droppedEnergy: number): PathList {
    const floor = this.#powerFloor(droppedEnergy);
    const kept = this.#paths.filter((path) => powerOf(path) >= floor);
    const columns = {
      azimuthRad: new Float32Array(kept.length),
      elevationRad: new Float32Array(kept.length),
      delayNs: new Float32Array(kept.length),
      gainRe: new Float32Array(kept.length),
      gainIm: new Float32Array(kept.length),
      uplinkGainRatio: new Float32Array(kept.length),
    };
    const uplinkPhaseRad = new Float32Array(kept.length);
    for (let row = 0; row < kept.length; row++) {
      const path = kept[row] as Path;
      columns.azimuthRad[row] = path.azimuthRad;
      columns.elevationRad[row] = path.elevationRad;
      columns.delayNs[row] = path.delayNs;
      columns.gainRe[row] = path.gainRe;
      columns.gainIm[row] = path.gainIm;
      columns.uplinkGainRatio[row] = path.uplinkGainRatio;
      uplinkPhaseRad[row] = path.uplinkPhaseRad;
    }
    const list = { numSamples: 1, pathStart: Int32Array.of(0, kept.length), ...columns };
    return this.#hasUplinkPhase ? { ...list, uplinkPhaseRad } : list;
  }

  /** Power below which paths may go. */
  #powerFloor(droppedEnergy: number): number {
    const rising = new Float64Array(this.#paths.length);
    let energy = 0;
    for (let row = 0; row < rising.length; row++) {
      const power = powerOf(this.#paths[row] as Path);
      rising[row] = power;
      energy += power;
    }
    rising.sort();
    let allowed = droppedEnergy * energy;
    for (const power of rising) {
      allowed -= power;
      if (allowed < 0) return power;
    }
    return 0;
  }
}

function powerOf({ gainRe, gainIm }: Path): number {
  return gainRe * gainRe + gainIm * gainIm;
}
