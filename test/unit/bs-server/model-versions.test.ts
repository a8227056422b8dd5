import { describe, expect, it } from 'vitest';
import { ModelVersions } from '../../../bs-server/src/ops/model-versions.ts';

/** Versions named by letters, whose models are the same letters in capitals. */
function versionsOf(names: string, numReady = names.length) {
  let nowMs = 0;
  const versions = new ModelVersions(
    [...names].map((name) => [name, name.toUpperCase()] as const),
    numReady,
    () => nowMs,
  );
  const load = (name: string) => {
    versions.beginLoad(name, name.toUpperCase());
    versions.serve(name);
  };
  const at = (ms: number) => {
    nowMs = ms;
  };
  return { versions, load, at };
}

describe('ModelVersions', () => {
  it('starts with the first version active and the others behind it', () => {
    const { versions } = versionsOf('abc');
    expect(versions.active).toBe('a');
    expect(versions.served).toEqual(['A', 'B', 'C']);
    expect(versions.earlier).toBeUndefined();
    expect(() => versionsOf('')).toThrow(RangeError);
  });

  it('serves a version only once it is loaded, after all others', () => {
    const { versions } = versionsOf('ab');
    versions.beginLoad('c', 'C');
    expect(versions.served).toEqual(['A', 'B']);
    expect(versions.decodable).toEqual(['A', 'B']);
    expect(versions.get('c')?.state).toBe('loading');
    versions.serve('c');
    expect(versions.served).toEqual(['A', 'B', 'C']);
  });

  it('forgets a version that could not be loaded, and says when one is there already', () => {
    const { versions } = versionsOf('a');
    versions.beginLoad('b', 'B');
    expect(() => versions.beginLoad('b', 'B')).toThrow('b is loading already');
    expect(() => versions.beginLoad('a', 'A')).toThrow(expect.objectContaining({ code: 'model-state' }));
    versions.remove('b');
    expect(versions.get('b')).toBeUndefined();
    versions.beginLoad('b', 'B');
  });

  it('prefers the active version, then those that were active, the latest first', () => {
    const { versions } = versionsOf('abcd');
    versions.activate('c');
    versions.activate('d');
    expect(versions.served).toEqual(['D', 'C', 'A', 'B']);
    versions.activate('d');
    expect(versions.earlier).toBe('c');
  });

  it('rolls back step by step, and never forward to what was rolled back from', () => {
    const { versions } = versionsOf('abc');
    versions.activate('b');
    versions.activate('c');
    expect(versions.rollBack()).toBe('b');
    expect(versions.rollBack()).toBe('a');
    expect(versions.active).toBe('a');
    expect(() => versions.rollBack()).toThrow(expect.objectContaining({ code: 'model-state' }));
    expect(versions.active).toBe('a');
  });

  it('remembers each version once: going to and fro is undone by one rollback', () => {
    const { versions } = versionsOf('ab');
    versions.activate('b');
    versions.activate('a');
    expect(versions.rollBack()).toBe('b');
    expect(versions.earlier).toBeUndefined();
  });

  it('still decodes what drains, and neither serves it nor rolls back to it', () => {
    const { versions } = versionsOf('ab');
    versions.activate('b');
    versions.drain('a');
    expect(versions.served).toEqual(['B']);
    expect(versions.decodable).toEqual(['B', 'A']);
    expect(versions.entries.map(({ version, state }) => `${version} ${state}`)).toEqual(['b ready', 'a draining']);
    expect(() => versions.rollBack()).toThrow('no version that was active before b is loaded');
    expect(() => versions.activate('a')).toThrow('a is draining, must be ready to become active');
    versions.remove('a');
    expect(versions.decodable).toEqual(['B']);
  });

  it('takes a draining version back into service', () => {
    const { versions } = versionsOf('abc');
    versions.drain('b');
    versions.serve('b');
    expect(versions.served).toEqual(['A', 'C', 'B']);
  });

  it('refuses to drain the active version, and to forget one that is served', () => {
    const { versions } = versionsOf('ab');
    expect(() => versions.drain('a')).toThrow('a is the active version; activate another one first');
    expect(() => versions.remove('b')).toThrow('b is ready');
    expect(() => versions.drain('x')).toThrow(expect.objectContaining({ code: 'model-unknown' }));
    expect(versions.served).toEqual(['A', 'B']);
  });

  it('knows since when a version has been in its state', () => {
    const { versions, at } = versionsOf('ab');
    at(10);
    versions.beginLoad('c', 'C');
    at(25);
    versions.serve('c');
    at(30);
    versions.drain('b');
    expect(versions.entries.map(({ version, sinceMs }) => [version, sinceMs])).toEqual([
      ['a', 0],
      ['c', 25],
      ['b', 30],
    ]);
  });

  it('serves what is on offer in its place, before it is loaded, while that goes on, and after it', () => {
    const { versions } = versionsOf('abc', 1);
    const states = () => versions.entries.map(({ version, state }) => `${version} ${state}`);
    expect(states()).toEqual(['a ready', 'b offered', 'c offered']);
    expect(['a', 'b'].map((version) => versions.isReady(version))).toEqual([true, false]);
    versions.beginLoad('b', 'B');
    expect(states()).toEqual(['a ready', 'b loading', 'c offered']);
    expect(versions.served).toEqual(['A', 'B', 'C']);
    versions.serve('b');
    expect(states()).toEqual(['a ready', 'b ready', 'c offered']);
    expect(() => versions.activate('c')).toThrow('c is offered, must be ready to become active');
    versions.beginLoad('c', 'C');
    versions.postpone('c');
    expect(states()).toEqual(['a ready', 'b ready', 'c offered']);
    versions.beginLoad('c', 'C');
    versions.remove('c');
    expect(versions.served).toEqual(['A', 'B']);
  });

  it('lets go of what is on offer', () => {
    const { versions } = versionsOf('ab', 1);
    versions.drain('b');
    versions.remove('b');
    expect(versions.served).toEqual(['A']);
  });
});
