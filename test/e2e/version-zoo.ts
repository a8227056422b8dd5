import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type AngularDelayCsi, createRandom } from '@edge-csi/csi';
import { type FamilyModel, type FamilyOptions, familyModel, writeFamilyModel } from '../family-model.ts';

const link = { numAntennas: 4, numDelays: 2 };
const normalization = { kind: 'spherical', scale: { minDb: -60, stepDb: 0.01, bits: 14 } } as const;

/** Three versions of one model, told apart by their codeword length, and a larger model for another link. */
const models: Readonly<Record<string, FamilyOptions>> = {
  link: { ...link, id: 'link', normalization, maxBits: 8, codewordLength: 2 },
  'link-next': { ...link, id: 'link', normalization, maxBits: 8, codewordLength: 3 },
  'link-later': { ...link, id: 'link', normalization, maxBits: 8, codewordLength: 4 },
  wide: { numAntennas: 16, numDelays: 8, id: 'wide', normalization, maxBits: 8, codewordLength: 5 },
};

/** A folder of small models, of which a server starts with `link`. */
export class VersionZoo {
  readonly directory: string;
  readonly #models: ReadonlyMap<string, FamilyModel>;

  private constructor(directory: string, made: ReadonlyMap<string, FamilyModel>) {
    this.directory = directory;
    this.#models = made;
  }

  static async create(): Promise<VersionZoo> {
    const directory = await mkdtemp(path.join(tmpdir(), 'edge-csi-versions-'));
    const made = new Map<string, FamilyModel>();
    for (const [folder, options] of Object.entries(models)) {
      const model = await familyModel(options);
      made.set(folder, model);
      await writeFamilyModel(directory, model, folder);
    }
    return new VersionZoo(directory, made);
  }

  model(folder: string): FamilyModel {
    return this.#models.get(folder) as FamilyModel;
  }

  remove(): Promise<void> {
    return rm(this.directory, { recursive: true });
  }
}

/** Usable CSI of the link that the versions share, another one for every seed. */
export function linkCsi(seed: number): AngularDelayCsi {
  const random = createRandom(seed);
  const values = Float32Array.from({ length: 2 * link.numAntennas * link.numDelays }, () => random.gaussian());
  return { domain: 'angular-delay', ...link, values };
}
