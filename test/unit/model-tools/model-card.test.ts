import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type AnyManifest, isPathModel, isUplinkOnly, type Manifest } from '@edge-csi/models';
import { readZoo, zooDirectory } from '@edge-csi/models/disk';
import { describe, expect, it } from 'vitest';
import { renderCard } from '../../../scripts/model-tools/src/complete/model-card.ts';

const zoo = await readZoo();
const byId = (id: string) => zoo.find(({ manifest }) => manifest.id === id)?.manifest as AnyManifest;

describe.each(zoo.map(({ folder, manifest }) => [folder, manifest] as const))('the card of %s', (folder, manifest) => {
  const committed = readFile(path.join(zooDirectory(), folder, 'card.md'), 'utf8');
  /** What a pattern finds in the card, as numbers where they are. */
  const found = async (pattern: RegExp) =>
    pattern
      .exec(await committed)
      ?.slice(1)
      .map((text) => (Number.isNaN(Number(text)) ? text : Number(text)));

  it('is as new as the manifest', async () => {
    expect(await committed, 'run edge-csi models card').toBe(renderCard(manifest));
  });

  it('names the model, its CSI and its link', async () => {
    const { csi } = manifest;
    expect((await committed).split('\n')[0]).toBe(`# ${manifest.id}`);
    expect(await found(/ of (\d+) antennas x (\d+) delays/)).toEqual([csi.numAntennas, csi.numDelays]);
    expect(
      await found(/^Downlink (\S+) MHz, uplink (\S+) MHz, (\S+) MHz in (\d+) subcarriers, (\w+) delays\.$/m),
    ).toEqual(
      [csi.downlinkCarrierHz, csi.uplinkCarrierHz, csi.bandwidthHz]
        .map((hz) => hz / 1e6)
        .concat(csi.numSubcarriers, csi.timing as never),
    );
  });

  it('says what a report takes', async () => {
    if (isUplinkOnly(manifest)) {
      expect(await committed).toContain('without any feedback');
      return;
    }
    if (isPathModel(manifest)) {
      expect(await found(/up to (\d+) paths .* at most (\d+) bits/s)).toEqual([
        manifest.paths.maxPaths,
        manifest.rate.maxPayloadBits,
      ]);
      return;
    }
    const { codeword, reduction, normalization } = manifest;
    expect(await found(/ becomes? (\d+) components \(CR 1\/([\d.]+)\)/)).toEqual([codeword.length, reduction]);
    const totalBits = codeword.bits.reduce((sum, bits) => sum + bits, 0);
    expect(await found(/^Normalisation: (\w+).*\. The codeword takes (\d+) bits/m)).toEqual([
      normalization.kind,
      totalBits,
    ]);
  });

  it('has every measurement, in a row of its own', async () => {
    const rows = (await committed).split('\n').filter((line) => /^\| \S+\.(npz|mat) /.test(line));
    const { measured = [] } = manifest;
    expect(measured.length, 'run edge-csi bench accuracy --record').toBeGreaterThan(0);
    expect(rows).toHaveLength(measured.length);
    for (const [i, row] of rows.entries()) {
      const [data, samples, float, bits, nmse, unrefined, sgcs] = row
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim());
      const entry = measured[i] as Readonly<Record<string, number>>;
      expect([data, Number(samples)]).toEqual([entry.data, entry.samples]);
      const shown = { floatMagnitudeNmseDb: float, payloadBits: bits, nmseDb: nmse, unrefinedNmseDb: unrefined, sgcs };
      for (const [name, cell] of Object.entries(shown)) {
        if (entry[name] === undefined) expect(cell, name).toBe('-');
        else
          expect(Math.abs(Number(cell) - entry[name]), name).toBeLessThanOrEqual(name === 'payloadBits' ? 0.5 : 0.0051);
      }
    }
  });

  it('says what it was made from', async () => {
    const { derivedFrom } = manifest as Manifest;
    const { samples, seed, data } = manifest.training as Readonly<Record<string, unknown>>;
    if (isPathModel(manifest)) {
      expect(await committed).toContain(`fitted to ${samples} samples of ${data}`);
      return;
    }
    expect(await committed).toContain(
      derivedFrom === undefined ? `${samples} samples of ${data}, seed ${seed}` : `pruned from ${derivedFrom.id} `,
    );
  });
});

it('tells a pruned model, and how it was trained on', () => {
  const { training, ...pruned } = byId('dualnet-mag-m43-d12-w4') as Manifest;
  const fineTuning = { epochs: 20, samples: 16000 };
  expect(renderCard({ ...pruned, training: { ...training, fineTuning } })).toContain(`## Training

Not trained, but pruned from dualnet-mag-m43 (pairing hash 63bc1817d5d7): 43 codeword components from 12 delays, 4 bits a weight.
Fitted in closed form on 8192 samples of cost2100-indoor-train.npz; see docs/pruning.md.
Then its decoder was trained on: 20 epochs of 16000 samples.

## Measured
`);
});

it('tells a model that somebody else trained, whose author says little, and that nobody has measured', () => {
  const { measured: _, ...model } = byId('dualnet-mag-minmax-m43') as Manifest;
  const training = { calibration: { data: 'mine.npz', samples: 512 } };
  expect(renderCard({ ...model, id: 'csinet-m43', family: 'csinet', training })).toBe(`# csinet-m43

Networks of another kind (family csinet). |H| of 32 antennas x 32 delays becomes 43 components (CR 1/12).
Normalisation: minmax. The codeword takes 215 bits, and phases as many as theta grants.

## Link

Downlink 5300 MHz, uplink 5100 MHz, 20 MHz in 1024 subcarriers, absolute delays.

## Training

? samples of data that the author does not name.
Quantiser and phase allocation: 512 samples of mine.npz, \`edge-csi models complete\`.

## Measured

Not measured yet.

## Limits

Those of the data it was trained on.
`);
});
