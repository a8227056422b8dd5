import { expect, it } from 'vitest';
import {
  type RateDistortionResult,
  rateDistortionJson,
  rateDistortionPage,
} from '../../../scripts/cli/src/bench/rate-distortion/page.ts';
import type { RatePoint } from '../../../scripts/lab/src/schemes/scheme.ts';
import { renderTextSections } from '../../../scripts/report/src/text-page.ts';

const baseline: RatePoint = {
  scheme: 'linear-rrr',
  family: 'baseline',
  bits: 340,
  nmseDb: -10,
  setting: { codewordBits: 170, phaseTheta: 900 },
};
const network: RatePoint = {
  scheme: 'dualnet-mag-m43',
  family: 'network',
  bits: 317,
  nmseDb: -12.5,
  setting: { codewordTruncation: 2, phaseTheta: 3137 },
};
const paths: RatePoint = { scheme: 'paths', family: 'paths', bits: 196, nmseDb: -25, setting: { bitPriceDb: -36 } };
const result = { samples: 64, curve: [baseline, network, paths] };

function renderRateDistortion(measured: RateDistortionResult, data: string): string {
  const { lead, sections } = rateDistortionPage(rateDistortionJson(measured), data);
  return `${lead}\n\n${renderTextSections(sections)}`;
}

it('puts path reports, the best network and the best other scheme within each budget side by side', () => {
  const text = renderRateDistortion(result, 'test.npz');
  expect(text).not.toMatch(/^150 /m);
  expect(text).toMatch(/^200 +-25\.00 +- +- +- +-$/m);
  expect(text).toMatch(
    /^400 +-25\.00 +-12\.50 \(dualnet-mag-m43\) +317 +codewordTruncation 2, phaseTheta 3137 +-10\.00 \(linear-rrr\)$/m,
  );
  const alone = renderRateDistortion({ ...result, curve: [network] }, 'test.npz');
  expect(alone).toMatch(/^400 +- +-12\.50 \(dualnet-mag-m43\) +317 .* +-$/m);
});

it('puts reports that refer to hints beside those that do not, with the bits of the hints', () => {
  const known: RatePoint = {
    ...{
      scheme: 'paths-known',
      family: 'paths',
      bits: 120,
      hintBits: 164.4,
      nmseDb: -23.5,
      setting: { bitPriceDb: -30 },
    },
  };
  const measured = { samples: 64, uplinkSnrDb: 20, curve: [paths, known] };
  const text = renderRateDistortion(measured, 'test.npz');
  expect(text).toMatch(/White noise on the uplink: 20 dB SNR\.$/m);
  expect(text).toMatch(/^150 +- +-23\.50 +164 +- +- +- +-$/m);
  expect(text).toMatch(/^200 +-25\.00 +-23\.50 +164 +- +- +- +-$/m);
  const { curve, comparison, metrics } = rateDistortionJson(measured);
  expect(curve[1]).toMatchObject({ scheme: 'paths-known', hintBits: 164.4, bitPriceDb: -30 });
  expect(comparison[0]).toEqual({
    budget: 150,
    known: { scheme: 'paths-known', bits: 120, hintBits: 164.4, nmseDb: -23.5 },
  });
  expect(metrics[0]).toMatchObject({ name: 'paths-known NMSE dB, 150 bits at most', value: -23.5 });
});

it('shows SGCS of subbands of every scheme, directions alone included', () => {
  const etype2: RatePoint = {
    ...{ scheme: 'etype2', family: 'baseline', bits: 109, subbandSgcs: 0.876, sgcs: 0.86, setting: { combination: 3 } },
  };
  const curve = [etype2, { ...paths, subbandSgcs: 0.995 }, { ...network, subbandSgcs: 0.93 }, baseline];
  const text = renderRateDistortion({ samples: 64, curve }, 'test.npz');
  expect(text).toMatch(/^SGCS of subbands against total bits$/m);
  expect(text).toMatch(/^150 +- +0\.876 +- +-$/m);
  expect(text).toMatch(/^400 +0\.995 +0\.876 +0\.930 +-$/m);
  expect(rateDistortionJson({ samples: 64, curve }).curve[0]).toEqual({
    ...etype2,
    setting: undefined,
    combination: 3,
  });
});

it('says which samples settings were chosen on and baselines fitted on', () => {
  expect(renderRateDistortion(result, 'test.npz')).toMatch(
    /^64 samples of test.npz\. Settings chosen on the same samples/,
  );
  const select = { data: 'val.npz', dataSha256: '0', samples: 32 };
  const baselines = { data: 'train.npz', dataSha256: '1', samples: 128 };
  expect(renderRateDistortion({ ...result, select, baselines }, 'test.npz')).toContain(
    'Settings chosen on 32 samples of val.npz. Baselines fitted on 128 samples of train.npz.',
  );
});

it('reports points as JSON with their settings beside their figures', () => {
  expect(rateDistortionJson(result)).toMatchObject({
    samples: 64,
    curve: [
      { scheme: 'linear-rrr', family: 'baseline', bits: 340, nmseDb: -10, codewordBits: 170, phaseTheta: 900 },
      { scheme: 'dualnet-mag-m43', family: 'network', bits: 317, nmseDb: -12.5, codewordTruncation: 2 },
      { scheme: 'paths', family: 'paths', bits: 196, nmseDb: -25, bitPriceDb: -36 },
    ],
    comparison: expect.arrayContaining([
      {
        budget: 400,
        paths: { scheme: 'paths', bits: 196, nmseDb: -25 },
        baseline: { scheme: 'linear-rrr', bits: 340, nmseDb: -10 },
        network: { scheme: 'dualnet-mag-m43', bits: 317, nmseDb: -12.5 },
        differenceDb: -2.5,
      },
    ]),
  });
});
