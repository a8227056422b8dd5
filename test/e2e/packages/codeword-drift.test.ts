import path from 'node:path';
import { type AngularDelayCsi, CodewordDrift, type CodewordStatistics } from '@edge-csi/csi';
import { createDualnet } from '@edge-csi/csi/dualnet';
import { loadModel, zooDirectory } from '@edge-csi/models/disk';
import { openEncoder } from '@edge-csi/ue-client';
import { expect, it } from 'vitest';
import { alarmNats } from '../../../bs-server/src/ops/watchdog.ts';
import { openData, sampleData } from '../../../scripts/lab/src/data.ts';

/** CSI whose every path comes `taps` later. */
function delayed({ numAntennas, numDelays, values, ...rest }: AngularDelayCsi, taps: number): AngularDelayCsi {
  const shifted = new Float32Array(values.length);
  for (let row = 0; row < 2 * numAntennas; row++) {
    const from = values.subarray(row * numDelays, (row + 1) * numDelays - taps);
    shifted.set(from, row * numDelays + taps);
  }
  return { ...rest, numAntennas, numDelays, values: shifted };
}

it.each(['dualnet-mag-m43', 'dualnet-mag-m128'])(
  'tells CSI as %s was trained on from CSI two taps late',
  async (id) => {
    const bundle = await loadModel(path.join(zooDirectory(), id), ['encoder']);
    const { manifest } = bundle;
    const { quantizer } = createDualnet(bundle.codec);
    const source = await openData({ path: sampleData, csi: manifest.csi });
    const encoder = await openEncoder('micro', bundle);
    const driftOf = async (taps: number) => {
      const drift = new CodewordDrift(manifest.codeword.statistics as CodewordStatistics);
      const latent = new Float32Array(quantizer.length);
      for (let i = 0; i < 256; i++) {
        const csi = delayed(source.downlink(4 * i), taps);
        const { codeword } = await encoder.encode(csi, {});
        quantizer.dequantizeInto(latent, quantizer.unpack(codeword));
        drift.add(latent);
      }
      return drift.nats ?? Number.NaN;
    };
    expect(await driftOf(0)).toBeLessThan(alarmNats / 5);
    expect(await driftOf(2)).toBeGreaterThan(alarmNats);
    await encoder.close();
  },
);
