import type { PageRequest } from '@edge-csi/bs-server';
import { type AngularDelayCsi, CsiError } from '@edge-csi/csi';
import { WireError } from '@edge-csi/proto';
import { describe, expect, it } from 'vitest';
import { createPages, type PagesParts } from '../../../scripts/cli/src/page/pages.ts';

const csi = (...values: number[]): AngularDelayCsi => ({
  domain: 'angular-delay',
  numAntennas: 1,
  numDelays: 1,
  values: Float32Array.from(values),
});
const [downlink, uplink] = [csi(1, 2), csi(3, 4)];

/** Pages on a channel that is the same in every slot, and what the BS heard. */
function pages(at: PagesParts['channel']['at'] = async () => ({ downlink, uplink })) {
  const heard: [string, number, AngularDelayCsi][] = [];
  const description = { data: 'data.npz', numSamples: 1, slotsPerSample: 8, models: ['m'] };
  const { answer } = createPages({
    files: { get: () => undefined },
    channel: { at, describe: async () => description },
  });
  const measure = (query: string, ueId?: string, onUplink = () => undefined) => {
    const request: PageRequest = { method: 'POST', path: '/ui/measure', query: new URLSearchParams(query), ueId };
    return answer(request, {
      receiveUplink: (...what) => {
        onUplink();
        heard.push(what);
      },
    });
  };
  return { heard, measure, answer };
}

describe('a measurement of the page', () => {
  it('gives the BS the uplink and the UE the downlink of one slot', async () => {
    const { heard, measure } = pages();
    const answer = await measure('ue=ue-1&slot=7&model=m', 'ue-1');
    expect(heard).toEqual([['ue-1', 7, uplink]]);
    expect(answer).toMatchObject({ status: 200, body: new Uint8Array(downlink.values.buffer) });
  });

  it('is refused to a UE with the token of another, and the BS hears nothing', async () => {
    const { heard, measure } = pages();
    expect(await measure('ue=ue-1&slot=7&model=m', 'ue-2')).toMatchObject({
      status: 403,
      body: 'the token is not for UE ue-1\n',
    });
    expect(heard).toEqual([]);
  });

  it('says why there is no channel, or why the BS does not take it', async () => {
    const broken = pages(() => Promise.reject(new CsiError('file-format', 'no uplink')));
    expect(await broken.measure('ue=a&slot=0&model=m')).toMatchObject({
      status: 422,
      body: 'file-format: no uplink\n',
    });
    const { measure } = pages();
    const refuse = () => {
      throw new WireError('uplink-invalid', 'of another shape');
    };
    const refused = await measure('ue=a&slot=0&model=m', undefined, refuse);
    expect(refused).toMatchObject({ status: 422, body: 'uplink-invalid: of another shape\n' });
  });

  it('hides no defect', async () => {
    const { measure } = pages(() => Promise.reject(new TypeError('defect')));
    await expect(measure('ue=a&slot=0&model=m')).rejects.toThrow('defect');
  });
});
