import type { PathList } from '../transform/path-list.ts';

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

/** What is held of each path. */
const FIELDS = [
  'azimuthRad',
  'elevationRad',
  'delayNs',
  'gainRe',
  'gainIm',
  'uplinkGainRatio',
  'uplinkPhaseRad',
] as const satisfies readonly (keyof Path)[];

type Columns = Readonly<Record<(typeof FIELDS)[number], Float32Array>>;

/** Collects the paths of one sample; used again for the next. Consecutive paths of equal delay stay together. */
export class PathBuffer {
  readonly #hasUplinkPhase: boolean;
  #columns = columnsOf(64);
  #numPaths = 0;
  #downlinkEnergy = 0;
  #uplinkEnergy = 0;

  /** @param hasUplinkPhase - whether the lists made of it have uplink phases */
  constructor(hasUplinkPhase: boolean) {
    this.#hasUplinkPhase = hasUplinkPhase;
  }

  /** Sum of |gain|^2 over all paths so far. */
  get downlinkEnergy(): number {
    return this.#downlinkEnergy;
  }

  get uplinkEnergy(): number {
    return this.#uplinkEnergy;
  }

  clear(): void {
    this.#numPaths = 0;
    this.#downlinkEnergy = 0;
    this.#uplinkEnergy = 0;
  }

  add(path: Path): void {
    if (this.#numPaths === this.#columns.delayNs.length) this.#grow();
    const row = this.#numPaths++;
    const columns = this.#columns;
    columns.azimuthRad[row] = path.azimuthRad;
    columns.elevationRad[row] = path.elevationRad;
    columns.delayNs[row] = path.delayNs;
    columns.gainRe[row] = path.gainRe;
    columns.gainIm[row] = path.gainIm;
    columns.uplinkGainRatio[row] = path.uplinkGainRatio;
    columns.uplinkPhaseRad[row] = path.uplinkPhaseRad;
    const power = path.gainRe * path.gainRe + path.gainIm * path.gainIm;
    this.#downlinkEnergy += power;
    this.#uplinkEnergy += power * path.uplinkGainRatio * path.uplinkGainRatio;
  }

  /**
   * A path list of one sample, without its weakest paths.
   *
   * @param droppedEnergy - share of the energy that the paths left out may have together
   */
  toPathList(droppedEnergy: number): PathList {
    const powers = this.#powers();
    const floor = powerFloor(powers, droppedEnergy);
    const rows = new Int32Array(powers.length);
    let kept = 0;
    for (let row = 0; row < powers.length; row++) if ((powers[row] as number) >= floor) rows[kept++] = row;
    const rowsKept = rows.subarray(0, kept);
    const columns = this.#columns;
    return {
      numSamples: 1,
      pathStart: Int32Array.of(0, kept),
      azimuthRad: gather(columns.azimuthRad, rowsKept),
      elevationRad: gather(columns.elevationRad, rowsKept),
      delayNs: gather(columns.delayNs, rowsKept),
      gainRe: gather(columns.gainRe, rowsKept),
      gainIm: gather(columns.gainIm, rowsKept),
      uplinkGainRatio: gather(columns.uplinkGainRatio, rowsKept),
      ...(this.#hasUplinkPhase && { uplinkPhaseRad: gather(columns.uplinkPhaseRad, rowsKept) }),
    };
  }

  #powers(): Float32Array {
    const powers = new Float32Array(this.#numPaths);
    const { gainRe, gainIm } = this.#columns;
    for (let row = 0; row < powers.length; row++) {
      powers[row] = (gainRe[row] as number) ** 2 + (gainIm[row] as number) ** 2;
    }
    return powers;
  }

  #grow(): void {
    const grown = columnsOf(2 * this.#columns.delayNs.length);
    for (const field of FIELDS) grown[field].set(this.#columns[field]);
    this.#columns = grown;
  }
}

function columnsOf(numPaths: number): Columns {
  return {
    azimuthRad: new Float32Array(numPaths),
    elevationRad: new Float32Array(numPaths),
    delayNs: new Float32Array(numPaths),
    gainRe: new Float32Array(numPaths),
    gainIm: new Float32Array(numPaths),
    uplinkGainRatio: new Float32Array(numPaths),
    uplinkPhaseRad: new Float32Array(numPaths),
  };
}

function gather(column: Float32Array, rows: Int32Array): Float32Array {
  const gathered = new Float32Array(rows.length);
  for (let i = 0; i < rows.length; i++) gathered[i] = column[rows[i] as number] as number;
  return gathered;
}

/** The least power that has to stay so that no more than a share of the energy goes. */
function powerFloor(powers: Float32Array, droppedEnergy: number): number {
  // Energy by octave, which the exponents of float32 are: only one octave has to be sorted.
  const bits = new Int32Array(powers.buffer, powers.byteOffset, powers.length);
  const octaves = new Float64Array(256);
  let total = 0;
  for (let row = 0; row < powers.length; row++) {
    const power = powers[row] as number;
    const octave = (bits[row] as number) >> 23;
    octaves[octave] = (octaves[octave] as number) + power;
    total += power;
  }
  let allowed = droppedEnergy * total;
  let last = 0;
  while (last < octaves.length && (octaves[last] as number) <= allowed) allowed -= octaves[last++] as number;
  const undecided: number[] = [];
  for (let row = 0; row < powers.length; row++) {
    if ((bits[row] as number) >> 23 === last) undecided.push(powers[row] as number);
  }
  for (const power of Float32Array.from(undecided).sort()) {
    allowed -= power;
    if (allowed < 0) return power;
  }
  return 0;
}
