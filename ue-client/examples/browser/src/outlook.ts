import { type AngularDelayCsi, type ChannelPaths, nmseDb, pathsAfter, squaredErrorRatio } from '@edge-csi/csi';
import { type ChannelEstimate, readCsiMatrixInto, readCsiPaths } from '@edge-csi/proto';

/** What the estimate of an older slot says of the present one. */
export interface Outlooked {
  /** Slots since the estimate's. */
  readonly slots: number;
  /** The channel as its paths have turned since. */
  readonly predicted: AngularDelayCsi;
  /** dB, means over all slots so far. */
  readonly heldDb: number;
  readonly predictedDb: number;
}

interface Latest {
  readonly slot: number;
  readonly held: AngularDelayCsi;
  readonly paths: ChannelPaths;
}

/** Compares, at each measurement, the estimate that the BS has of the slot before: held as it is, and turned on to the present. */
export class Outlook {
  #latest: Latest | undefined;
  #heldSum = 0;
  #predictedSum = 0;
  #count = 0;

  clear(): void {
    this.#latest = undefined;
    this.#heldSum = 0;
    this.#predictedSum = 0;
    this.#count = 0;
  }

  /** Takes an estimate of the report of its slot. Estimates that tell no Doppler shifts end what was known. */
  addEstimate({ slot, quality, csi, paths: sent }: ChannelEstimate): void {
    if (quality === 'predicted' || quality === 'held' || csi === undefined) return;
    const paths = sent && readCsiPaths(sent);
    this.#latest = undefined;
    if (paths === undefined || paths.spanSlots === 0) return;
    const { numAntennas, numDelays } = csi;
    const values = new Float32Array(2 * numAntennas * numDelays);
    readCsiMatrixInto(values, csi);
    this.#latest = { slot, held: { domain: 'angular-delay', numAntennas, numDelays, values }, paths };
  }

  /** What the latest estimate said of a slot that is measured now; undefined where it said nothing. */
  async at(slot: number, truth: AngularDelayCsi): Promise<Outlooked | undefined> {
    const latest = this.#latest;
    if (latest === undefined || latest.slot >= slot) return undefined;
    const { pathsToAngularDelay } = await import('@edge-csi/csi/paths');
    const slots = slot - latest.slot;
    const predicted = pathsToAngularDelay(pathsAfter(latest.paths, slots), truth.numDelays);
    this.#heldSum += squaredErrorRatio(truth, latest.held);
    this.#predictedSum += squaredErrorRatio(truth, predicted);
    this.#count++;
    const meanDb = (sum: number) => nmseDb([sum / this.#count]);
    return { slots, predicted, heldDb: meanDb(this.#heldSum), predictedDb: meanDb(this.#predictedSum) };
  }
}
