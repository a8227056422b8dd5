import { poisson, type Random } from '../../random.ts';
import type { Position } from '../environment.ts';
import type { Cost2100Parameters } from './parameters.ts';

/** The visibility regions of an environment: discs on the ground from which far clusters are seen. */
export interface VisibilityRegions {
  /**
   * Clusters that a UE sees from a place, each with the distance to the nearest centre of a region of it.
   */
  visibleFrom(place: Position): ReadonlyMap<number, number>;
  /** Centre of the region that a cluster is placed by; those of a cluster are alike, so that any serves. */
  referenceOf(cluster: number): { readonly x: number; readonly y: number };
}

/** Spreads visibility regions over the cell, as dense as the mean number of visible clusters asks for, and deals them to clusters. */
export function createVisibilityRegions(parameters: Cost2100Parameters, random: Random): VisibilityRegions {
  const { cellRadiusM, visibilityRadiusM, transitionM, visibleClusters, extraVisibilityRegions } = parameters;
  const visible = visibleClusters.isPoisson ? Math.max(1, poisson(visibleClusters.mean, random)) : visibleClusters.mean;
  // The mean counts the part of a region inside its border.
  const count = Math.round(visible * (cellRadiusM / (visibilityRadiusM - transitionM)) ** 2);
  const xs = new Float64Array(count);
  const ys = new Float64Array(count);
  const clusters = new Int32Array(count);
  /** The first region of each cluster. */
  const references: number[] = [];
  for (let region = 0, left = 0; region < count; region++) {
    if (left === 0) {
      left = 1 + (extraVisibilityRegions > 0 ? poisson(extraVisibilityRegions, random) : 0);
      references.push(region);
    }
    left--;
    const angle = 2 * Math.PI * random.uniform();
    const radius = cellRadiusM * Math.sqrt(random.uniform());
    xs[region] = radius * Math.cos(angle);
    ys[region] = radius * Math.sin(angle);
    clusters[region] = references.length - 1;
  }

  return {
    visibleFrom: ({ x, y }) => {
      const seen = new Map<number, number>();
      for (let region = 0; region < count; region++) {
        const dx = (xs[region] as number) - x;
        const dy = (ys[region] as number) - y;
        const square = dx * dx + dy * dy;
        if (square >= visibilityRadiusM * visibilityRadiusM) continue;
        const cluster = clusters[region] as number;
        seen.set(cluster, Math.min(Math.sqrt(square), seen.get(cluster) ?? Number.POSITIVE_INFINITY));
      }
      return seen;
    },
    referenceOf: (cluster) => {
      const region = references[cluster] as number;
      return { x: xs[region] as number, y: ys[region] as number };
    },
  };
}

/**
 * Amplitude gain of a cluster at some distance from the centre of its visibility region: 1 inside, falling smoothly over
 * the border as by diffraction at an edge. What is left at the rim, some -30 dB, appears and disappears with the region.
 */
export function visibilityGain(parameters: Cost2100Parameters, distanceM: number, wavelengthM: number): number {
  const { visibilityRadiusM, transitionM } = parameters;
  const beyondM = distanceM - (visibilityRadiusM - transitionM);
  return 0.5 - Math.atan((2 * Math.SQRT2 * beyondM) / Math.sqrt(wavelengthM * transitionM)) / Math.PI;
}
