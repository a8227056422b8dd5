import type { Random } from '@edge-csi/csi';

/** Ends of a confidence interval, the lower first. */
export type Interval = readonly [number, number];

/** Resamplings of a bootstrap: the ends of a 95 % interval are the 25th from either end. */
const resamplings = 1000;
const tail = 0.025;

/**
 * Means of several figures over samples that come in clusters, each with a 95 % bootstrap interval. Samples of one cluster,
 * UEs among the same scatterers say, are correlated, so that whole clusters are drawn and not samples; where every sample is
 * a cluster of its own this is the ordinary bootstrap. Memory grows with the clusters only.
 *
 * @example
 * const means = new ClusteredMeans(['sgcs']);
 * for (const { environment, sgcs } of scores) means.add(environment, { sgcs });
 * means.mean('sgcs');
 * means.intervals(createRandom(1))?.sgcs;
 */
export class ClusteredMeans<Name extends string> {
  readonly #names: readonly Name[];
  readonly #rows = new Map<number, number>();
  readonly #counts: number[] = [];
  /** By name, then cluster. */
  readonly #sums: number[][];

  constructor(names: readonly Name[]) {
    this.#names = names;
    this.#sums = names.map(() => []);
  }

  get numSamples(): number {
    return this.#counts.reduce((sum, count) => sum + count, 0);
  }

  get numClusters(): number {
    return this.#counts.length;
  }

  add(cluster: number, values: Readonly<Record<Name, number>>): void {
    let row = this.#rows.get(cluster);
    if (row === undefined) {
      row = this.#counts.length;
      this.#rows.set(cluster, row);
      this.#counts.push(0);
      for (const sums of this.#sums) sums.push(0);
    }
    this.#counts[row] = (this.#counts[row] as number) + 1;
    for (const [i, name] of this.#names.entries()) {
      const sums = this.#sums[i] as number[];
      sums[row] = (sums[row] as number) + values[name];
    }
  }

  /** Mean over all samples, each counting once; NaN where there are none. */
  mean(name: Name): number {
    return this.#sumsOf(name).reduce((sum, value) => sum + value, 0) / this.numSamples;
  }

  /** Sample counts and means of one figure by cluster, in the order the clusters first came. */
  byCluster(name: Name): { readonly samples: readonly number[]; readonly means: readonly number[] } {
    const means = this.#sumsOf(name).map((sum, row) => sum / (this.#counts[row] as number));
    return { samples: [...this.#counts], means };
  }

  /**
   * 95 % percentile intervals of the means, all from the same resamplings (Davison and Hinkley, "Bootstrap Methods and
   * their Application", 1997, 2.4 and 3.8). `undefined` where a single cluster says nothing of how clusters differ.
   */
  intervals(random: Random): Record<Name, Interval> | undefined {
    const numClusters = this.#counts.length;
    if (numClusters < 2) return undefined;
    const numFigures = this.#names.length;
    // The figures of a cluster side by side, as a draw wants them.
    const byCluster = new Float64Array(numClusters * numFigures);
    for (const [i, sums] of this.#sums.entries()) {
      for (const [row, sum] of sums.entries()) byCluster[row * numFigures + i] = sum;
    }
    const counts = Float64Array.from(this.#counts);
    const means = this.#names.map(() => new Float64Array(resamplings));
    const sums = new Float64Array(numFigures);
    for (let resampling = 0; resampling < resamplings; resampling++) {
      let count = 0;
      sums.fill(0);
      for (let draw = 0; draw < numClusters; draw++) {
        const row = Math.floor(random.uniform() * numClusters);
        count += counts[row] as number;
        for (let i = 0, at = row * numFigures; i < numFigures; i++, at++) {
          sums[i] = (sums[i] as number) + (byCluster[at] as number);
        }
      }
      for (let i = 0; i < numFigures; i++) (means[i] as Float64Array)[resampling] = (sums[i] as number) / count;
    }
    const ends = means.map((values): Interval => {
      values.sort();
      const rank = tail * resamplings;
      return [values[rank] as number, values[resamplings - 1 - rank] as number];
    });
    return Object.fromEntries(this.#names.map((name, i) => [name, ends[i]])) as Record<Name, Interval>;
  }

  #sumsOf(name: Name): readonly number[] {
    const sums = this.#sums[this.#names.indexOf(name)];
    if (sums === undefined) throw new RangeError(`there is no figure '${name}', only ${this.#names.join(', ')}`);
    return sums;
  }
}
