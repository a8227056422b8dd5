import { describe, expect, it } from 'vitest';
import { UeRegistry } from '../../../bs-server/src/ingest/ue-registry.ts';

class FakeSession {
  terminated = false;
  answer: (alive: boolean) => void = () => undefined;

  isAlive(): Promise<boolean> {
    return new Promise((resolve) => {
      this.answer = resolve;
    });
  }

  terminate(): void {
    this.terminated = true;
  }
}

describe('UeRegistry', () => {
  it('gives every session an epoch of its own', async () => {
    const registry = new UeRegistry<FakeSession>(0);
    const epochs = [await registry.register('a', new FakeSession()), await registry.register('b', new FakeSession())];
    expect(new Set(epochs).size).toBe(2);
    expect(epochs).not.toContain(0);
    expect(registry.size).toBe(2);
  });

  it('refuses a second session of a UE whose first one answers', async () => {
    const registry = new UeRegistry<FakeSession>(0);
    const first = new FakeSession();
    await registry.register('a', first);
    const second = registry.register('a', new FakeSession());
    first.answer(true);
    await expect(second).rejects.toMatchObject({ code: 'duplicate-ue' });
    expect(registry.get('a')).toBe(first);
    expect(first.terminated).toBe(false);
  });

  it('replaces a session whose connection is dead', async () => {
    const registry = new UeRegistry<FakeSession>(0);
    const [dead, newcomer] = [new FakeSession(), new FakeSession()];
    await registry.register('a', dead);
    const registered = registry.register('a', newcomer);
    dead.answer(false);
    await registered;
    expect(registry.get('a')).toBe(newcomer);
    expect(dead.terminated).toBe(true);
    // The dead connection's end comes late and must not take the newcomer with it.
    expect(registry.remove('a', dead)).toBe(false);
    expect(registry.get('a')).toBe(newcomer);
  });

  it('lets only one of two newcomers replace a dead session', async () => {
    const registry = new UeRegistry<FakeSession>(0);
    const dead = new FakeSession();
    await registry.register('a', dead);
    const answers: ((alive: boolean) => void)[] = [];
    const [one, two] = [new FakeSession(), new FakeSession()].map((session) => {
      const registered = registry.register('a', session);
      answers.push(dead.answer);
      return registered;
    });
    for (const answer of answers) answer(false);
    await expect(one).resolves.toBeGreaterThan(0);
    await expect(two).rejects.toMatchObject({ code: 'duplicate-ue' });
  });

  it('frees an id whose session has ended', async () => {
    const registry = new UeRegistry<FakeSession>(0);
    const first = new FakeSession();
    await registry.register('a', first);
    expect(registry.remove('a', first)).toBe(true);
    expect(registry.size).toBe(0);
    await expect(registry.register('a', new FakeSession())).resolves.toBeGreaterThan(0);
  });
});
