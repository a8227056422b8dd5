import { expect, it } from 'vitest';
import { StageTimer, timedMethods } from '../../../../scripts/cli/src/bench/latency/stages.ts';

/** A timer on a clock that moves only when told to. */
function timerOf<Stage extends string>(...stages: Stage[]) {
  let nowMs = 100;
  const spend = (ms: number) => {
    nowMs += ms;
  };
  return { timer: new StageTimer(stages, () => nowMs), spend };
}

const always = (ms: number) => ({ p50: ms, p99: ms, p999: ms });

it('counts a stage inside another for itself, so that stages add up to the whole', async () => {
  const { timer, spend } = timerOf('outer', 'inner');
  await timer.await('outer', async () => {
    spend(4);
    timer.run('inner', () => spend(20));
    await timer.await('inner', async () => spend(1));
    spend(2);
  });
  timer.endReport();
  expect(timer.summary()).toEqual({ outer: always(6), inner: always(21) });
  expect(timer.total()).toEqual(always(27));
});

it('keeps reports apart, and forgets what it is told to', () => {
  const { timer, spend } = timerOf('stage', 'unused');
  timer.run('stage', () => spend(50));
  timer.discard();
  for (const ms of [8, 4, 6]) {
    timer.run('stage', () => spend(ms));
    timer.endReport();
  }
  expect(timer.summary()).toEqual({ stage: { p50: 6, p99: 8, p999: 8 }, unused: always(0) });
});

it('counts a stage that throws', () => {
  const { timer, spend } = timerOf('stage');
  const fail = () => {
    spend(2);
    throw new RangeError('no');
  };
  expect(() => timer.run('stage', fail)).toThrow('no');
  timer.endReport();
  expect(timer.total()).toEqual(always(2));
});

it('times the methods it is told of and leaves an object as it is', () => {
  const { timer, spend } = timerOf('add');
  class Counter {
    #count = 0;
    get count(): number {
      return this.#count;
    }
    add(by: number): number {
      spend(by);
      this.#count += by;
      return this.#count;
    }
    peek(): number {
      spend(1000);
      return this.#count;
    }
  }
  const counter = timedMethods(new Counter(), { add: 'add' }, timer);
  expect([counter.add(3), counter.add(4), counter.peek(), counter.count]).toEqual([3, 7, 7, 7]);
  timer.endReport();
  expect(timer.total()).toEqual(always(7));
});
