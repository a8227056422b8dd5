import { describe, expect, it } from 'vitest';
import { eachUntilInterrupted, orAborted, unlessInterrupted } from '../../../scripts/cli/src/interruption.ts';

describe('work on items in turn', () => {
  it('is done for all of them where nothing interrupts it', async () => {
    const { signal } = new AbortController();
    expect(await eachUntilInterrupted([1, 2, 3], signal, async (item) => 2 * item)).toEqual([2, 4, 6]);
  });

  it('keeps what was done, leaves out the item that was cut short and starts no other', async () => {
    const controller = new AbortController();
    const started: number[] = [];
    const results = await eachUntilInterrupted([1, 2, 3, 4], controller.signal, async (item) => {
      started.push(item);
      if (item === 3) controller.abort();
      controller.signal.throwIfAborted();
      return item;
    });
    expect(results).toEqual([1, 2]);
    expect(started).toEqual([1, 2, 3]);
  });

  it('keeps an item that ended in spite of the interruption', async () => {
    const controller = new AbortController();
    const results = await eachUntilInterrupted([1, 2], controller.signal, async (item) => {
      controller.abort();
      return item;
    });
    expect(results).toEqual([1]);
  });

  it('fails where an item fails, interrupted or not', async () => {
    const controller = new AbortController();
    const fail = async () => {
      controller.abort();
      throw new RangeError('a defect');
    };
    await expect(eachUntilInterrupted([1], controller.signal, fail)).rejects.toThrow('a defect');
    await expect(unlessInterrupted(new AbortController().signal, fail)).rejects.toThrow('a defect');
  });
});

describe('a promise that can be cut short', () => {
  it('rejects as soon as the signal is aborted, whatever it waits for', async () => {
    const controller = new AbortController();
    const never = new Promise<never>(() => undefined);
    const cut = orAborted(controller.signal, never);
    controller.abort();
    await expect(cut).rejects.toMatchObject({ name: 'AbortError' });
    await expect(orAborted(controller.signal, never)).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('is what it was where nothing aborts it', async () => {
    const { signal } = new AbortController();
    expect(await orAborted(signal, Promise.resolve(7))).toBe(7);
    await expect(orAborted(signal, Promise.reject(new RangeError('a defect')))).rejects.toThrow('a defect');
  });
});
