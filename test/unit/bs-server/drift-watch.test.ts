import { pino } from 'pino';
import { expect, it } from 'vitest';
import { DriftWatch } from '../../../bs-server/src/ops/watchdog.ts';

function createRig() {
  const lines: string[] = [];
  const logger = pino({ base: null, timestamp: false }, { write: (line: string) => lines.push(line) });
  return { watch: new DriftWatch(logger), lines };
}

it('says once that codewords have drifted, and once that they are back', () => {
  const { watch, lines } = createRig();
  for (const nats of [0.1, 0.6, 0.7, 0.4, 0.6, 0.2, 0.1, 0.6]) watch.check([{ version: 'm@1', nats, ues: 16 }]);
  expect(lines.map((line) => JSON.parse(line).level)).toEqual([40, 30, 40]);
  expect(JSON.parse(lines[0] as string)).toMatchObject({ version: 'm@1', driftNats: 0.6 });
});

it('takes a few UEs of a version for no sample of a training set, however many others there are', () => {
  const { watch, lines } = createRig();
  watch.check([
    { version: 'a@1', nats: 2, ues: 15 },
    { version: 'b@1', nats: 0.1, ues: 100 },
  ]);
  expect(lines).toEqual([]);
});
