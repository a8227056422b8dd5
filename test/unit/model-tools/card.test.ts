import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { readZoo, zooDirectory } from '@edge-csi/models/disk';
import { expect, it } from 'vitest';
import { renderCard } from '../../../scripts/model-tools/src/complete/model-card.ts';

const zoo = await readZoo();

it.each(zoo.map(({ folder, manifest }) => [folder, manifest] as const))(
  '%s has a card that says what its manifest says',
  async (folder, manifest) => {
    const card = await readFile(path.join(zooDirectory(), folder, 'card.md'), 'utf8');
    expect(card, 'run edge-csi models card').toBe(renderCard(manifest));
    expect(manifest.measured?.length, 'run bench --suite accuracy --record').toBeGreaterThan(0);
  },
);
