import { pino } from 'pino';
import { expect, it } from 'vitest';
import { DriftWatch } from '../../../bs-server/src/telemetry/drift-watch.ts';

it('says once that codewords have drifted, and once that they are back', () => {
  const lines: string[] = [];
  const logger = pino({ base: null, timestamp: false }, { write: (line: string) => lines.push(line) });
  const watch = new DriftWatch(logger);
  for (const nats of [0.1, 0.6, 0.7, 0.4, 0.6, 0.2, 0.1, 0.6]) watch.check([['m@1', nats]], 16);
  expect(lines.map((line) => JSON.parse(line).level)).toEqual([40, 30, 40]);
  expect(JSON.parse(lines[0] as string)).toMatchObject({ version: 'm@1', driftNats: 0.6 });
});

it('takes a few UEs for no sample of a training set', () => {
  const lines: string[] = [];
  const watch = new DriftWatch(pino({}, { write: (line: string) => lines.push(line) }));
  watch.check([['m@1', 2]], 15);
  expect(lines).toEqual([]);
});
