import { CsiError } from '@edge-csi/csi';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ModelControl } from '../../../bs-server/src/ops/model-control.ts';
import { ModelVersions } from '../../../bs-server/src/ops/model-versions.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

interface Model {
  readonly version: string;
  readonly ref: { readonly id: string };
  readonly sha256: string;
  readonly folder: string;
  readonly link: string;
}

/** Version `m@1` of folder `m1`, for link `x`. */
function modelOf(version: string, link = 'x'): Model {
  const [id = '', hash = ''] = version.split('@');
  return { version, ref: { id }, sha256: hash, folder: `${id}${hash}`, link };
}

/** A UE that goes on with the model it uses until it is told to have reported with the one it follows. */
class TestUser {
  model: Model | undefined;
  readonly used = new Set<string>();

  constructor(model: Model | undefined) {
    this.model = model;
    if (model !== undefined) this.used.add(model.version);
  }

  mayUse(version: string): boolean {
    return this.used.has(version);
  }

  follow(model: Model): void {
    this.model = model;
    this.used.add(model.version);
  }

  report(): void {
    this.used.clear();
    if (this.model !== undefined) this.used.add(this.model.version);
  }
}

const settled = async () => {
  for (let i = 0; i < 10; i++) await Promise.resolve();
};

function createRig(start: readonly Model[] = [modelOf('m@1')], numReady = start.length) {
  const versions = new ModelVersions(
    start.map((model) => [model.version, model] as const),
    numReady,
    () => 0,
  );
  const folders = new Map<string, Model>([
    ['m2', modelOf('m@2')],
    ['m3', modelOf('m@3')],
  ]);
  const users: TestUser[] = [];
  const inFlight = new Map<string, number>();
  const log: string[] = [];
  const rig = { serving: true, load: async (_model: Model): Promise<void> => undefined };
  const control = new ModelControl<Model>({
    versions,
    read: async (folder) => {
      const model = folders.get(folder);
      if (model === undefined) throw new CsiError('model-unknown', `no ${folder}`);
      return model;
    },
    load: async (model) => {
      log.push(`load ${model.version}`);
      await rig.load(model);
    },
    free: async (version) => {
      log.push(`free ${version}`);
    },
    users: () => users,
    sameLink: (a, b) => a.link === b.link,
    reports: (version) => ({ inFlight: inFlight.get(version) ?? 0, decoded: 0 }),
    serving: () => rig.serving,
    changed: () => log.push(`serve ${versions.served.map(({ version }) => version)}`),
    note: () => undefined,
    drainTimeoutMs: 1000,
    clock: () => 0,
  });
  const join = (model: Model | undefined) => {
    const user = new TestUser(model);
    users.push(user);
    return user;
  };
  return { versions, control, users, join, inFlight, log, rig };
}

describe('load', () => {
  it('serves a version once every worker has it', async () => {
    const { control, log, rig } = createRig();
    let done: () => void = () => undefined;
    rig.load = () =>
      new Promise((resolve) => {
        done = resolve;
      });
    const loaded = control.load('m2');
    await settled();
    expect(log).toEqual(['load m@2']);
    expect(control.status().models.map(({ version, state }) => `${version} ${state}`)).toEqual([
      'm@1 ready',
      'm@2 loading',
    ]);
    done();
    expect(await loaded).toMatchObject({ version: 'm@2', folder: 'm2', state: 'ready', active: false });
    expect(log).toEqual(['load m@2', 'serve m@1,m@2']);
  });

  it('leaves everything as it was where a worker cannot load it, and says why', async () => {
    const { control, log, rig } = createRig();
    const before = control.status();
    rig.load = async () => {
      throw new Error('no such operator');
    };
    await expect(control.load('m2')).rejects.toMatchObject({
      code: 'model-invalid',
      message: 'the decode worker cannot load m@2 of folder m2: no such operator',
    });
    expect(control.status()).toEqual(before);
    expect(log).toEqual(['load m@2']);
    await expect(control.load('nowhere')).rejects.toMatchObject({ code: 'model-unknown' });
    rig.load = async () => undefined;
    await control.load('m2');
  });

  it('runs one at a time and loads nothing twice', async () => {
    const { control, log } = createRig();
    const first = control.load('m2');
    await expect(control.load('m3')).rejects.toThrow('m2 is being loaded; try m3 again afterwards');
    await first;
    await expect(control.load('m2')).rejects.toMatchObject({ code: 'model-state', message: 'm@2 is ready already' });
    await control.load('m3');
    expect(log.filter((entry) => entry.startsWith('load'))).toEqual(['load m@2', 'load m@3']);
  });

  it('is refused, as everything is, while the server does not serve', async () => {
    const { control, rig } = createRig();
    rig.serving = false;
    const operations = [control.load('m2'), control.activate('m@1'), control.rollback(), control.unload('m@1')];
    for (const operation of operations) await expect(operation).rejects.toMatchObject({ code: 'model-state' });
  });
});

describe('activate and rollback', () => {
  it('tell every UE of the link, and nobody else', async () => {
    const other = modelOf('other@1', 'y');
    const { control, join } = createRig([modelOf('m@1'), other]);
    const [near, far, greeting] = [join(modelOf('m@1')), join(other), join(undefined)];
    await control.load('m2');
    expect(await control.activate('m2')).toEqual({ active: 'm@2', previous: 'm@1', uesTold: 1 });
    expect([near.model?.version, far.model?.version, greeting.model]).toEqual(['m@2', 'other@1', undefined]);
    expect(await control.activate('m@2')).toMatchObject({ uesTold: 0 });
    expect(control.status()).toMatchObject({ active: 'm@2', rollbackTo: 'm@1' });
    expect(await control.rollback()).toEqual({ active: 'm@1', previous: 'm@2', uesTold: 1 });
    expect(near.model?.version).toBe('m@1');
    await expect(control.rollback()).rejects.toMatchObject({ code: 'model-state' });
  });

  it('name what there is where a name means nothing, or more than one', async () => {
    const { control, versions } = createRig();
    await expect(control.activate('m@9')).rejects.toThrow('model m@9 is not loaded; loaded are m@1');
    versions.beginLoad('m@2', { ...modelOf('m@2'), folder: 'm1' });
    await expect(control.activate('m1')).rejects.toThrow('model m1 stands for several versions, name one of m@1, m@2');
    await expect(control.activate('m@2')).rejects.toThrow('m@2 is loading, must be ready to become active');
  });
});

describe('unload', () => {
  it('frees a version at once that nobody uses', async () => {
    const { control, log } = createRig([modelOf('m@1'), modelOf('m@2')]);
    expect(await control.unload('m@2')).toMatchObject({ version: 'm@2', state: 'unloaded', ues: 0 });
    expect(log).toEqual(['serve m@1', 'serve m@1', 'free m@2']);
    expect(control.status().models.map(({ version }) => version)).toEqual(['m@1']);
  });

  it('moves its UEs first, and frees it once they report with another and its reports are settled', async () => {
    const { control, join, inFlight, log } = createRig([modelOf('m@1'), modelOf('m@2')]);
    const ue = join(modelOf('m@2'));
    inFlight.set('m@2', 1);
    let result: unknown;
    void control.unload('m@2').then((status) => {
      result = status;
    });
    expect(ue.model?.version).toBe('m@1');
    ue.report();
    control.checkDrained();
    await settled();
    expect(log).not.toContain('free m@2');
    inFlight.set('m@2', 0);
    control.checkDrained();
    await settled();
    expect(log).toContain('free m@2');
    expect(result).toMatchObject({ state: 'unloaded' });
  });

  it('says that a version still drains where that takes long, and frees it later', async () => {
    const { control, users, join, log } = createRig([modelOf('m@1'), modelOf('m@2')]);
    join(modelOf('m@2'));
    const unloaded = control.unload('m@2');
    await vi.advanceTimersByTimeAsync(1000);
    expect(await unloaded).toMatchObject({ state: 'draining', ues: 1 });
    users.pop();
    control.checkDrained();
    await settled();
    expect(log).toContain('free m@2');
    expect(control.status().models).toHaveLength(1);
  });

  it('is undone by loading the version again while it drains', async () => {
    const { control, join, log } = createRig([modelOf('m@1'), modelOf('m@2')]);
    const ue = join(modelOf('m@2'));
    const unloaded = control.unload('m@2');
    expect(await control.load('m2')).toMatchObject({ state: 'ready' });
    expect(await unloaded).toMatchObject({ state: 'ready' });
    ue.report();
    control.checkDrained();
    await settled();
    expect(log.filter((entry) => !entry.startsWith('serve'))).toEqual([]);
  });

  it('is refused for the active version, and where its UEs had nothing else to use', async () => {
    const other = modelOf('other@1', 'y');
    const { control, join } = createRig([modelOf('m@1'), other]);
    const [near, far] = [join(modelOf('m@1')), join(other)];
    const before = control.status();
    await expect(control.unload('m@1')).rejects.toThrow('m@1 is the active version; activate another one first');
    await expect(control.unload('other@1')).rejects.toThrow(
      '1 UEs use other@1 and no other loaded model is for their link; load one first',
    );
    expect(control.status()).toEqual(before);
    expect([near.model?.version, far.model?.version]).toEqual(['m@1', 'other@1']);
  });
});

describe('a version on offer', () => {
  const offered = () => createRig([modelOf('m@1'), modelOf('m@2'), modelOf('o@1', 'y')], 1);
  const statesOf = ({ control }: ReturnType<typeof createRig>) =>
    control.status().models.map(({ version, state }) => `${version} ${state}`);

  it('is loaded once, when it is to be used, and one after the other', async () => {
    const rig = offered();
    const done: (() => void)[] = [];
    rig.rig.load = () => new Promise((resolve) => done.push(resolve));
    const uses = [rig.control.use('m@2'), rig.control.use('m@2'), rig.control.use('o@1'), rig.control.use('m@1')];
    await settled();
    expect(rig.log).toEqual(['load m@2']);
    expect(statesOf(rig)).toEqual(['m@1 ready', 'm@2 loading', 'o@1 loading']);
    done[0]?.();
    await settled();
    expect(rig.log).toEqual(['load m@2', 'load o@1']);
    done[1]?.();
    await Promise.all(uses);
    expect(statesOf(rig)).toEqual(['m@1 ready', 'm@2 ready', 'o@1 ready']);
    await rig.control.use('m@2');
    expect(rig.log).toEqual(['load m@2', 'load o@1']);
  });

  it('is loaded before it becomes active, or takes the UEs of one that leaves', async () => {
    const rig = offered();
    await rig.control.activate('m2');
    expect(rig.log).toEqual(['load m@2', 'serve m@2,m@1,o@1']);
    const other = createRig([modelOf('o@1', 'y'), modelOf('m@1'), modelOf('m@2')], 2);
    const ue = other.join(modelOf('m@1'));
    const unloaded = other.control.unload('m@1');
    await settled();
    expect([other.log[0], ue.model?.version]).toEqual(['load m@2', 'm@2']);
    ue.report();
    other.control.checkDrained();
    expect(await unloaded).toMatchObject({ state: 'unloaded' });
  });

  it('is what the operator loads by its folder', async () => {
    const rig = offered();
    expect(await rig.control.load('m2')).toMatchObject({ version: 'm@2', state: 'ready' });
    expect(rig.log).toEqual(['load m@2', 'serve m@1,m@2,o@1']);
  });

  it('is gone without having been loaded where the operator unloads it', async () => {
    const rig = offered();
    expect(await rig.control.unload('m@2')).toMatchObject({ state: 'unloaded' });
    expect(statesOf(rig)).toEqual(['m@1 ready', 'o@1 offered']);
  });

  it('is not served any more where it cannot be loaded, and stays on offer where that is no fault of its own', async () => {
    const rig = offered();
    rig.rig.load = async () => {
      throw new Error('no such operator');
    };
    await expect(rig.control.use('m@2')).rejects.toMatchObject({ code: 'model-invalid' });
    expect(statesOf(rig)).toEqual(['m@1 ready', 'o@1 offered']);
    expect(rig.log.at(-1)).toBe('serve m@1,o@1');
    rig.rig.load = async () => {
      throw new CsiError('model-state', 'a batch is stuck');
    };
    await expect(rig.control.use('o@1')).rejects.toMatchObject({ code: 'model-state' });
    rig.rig.load = async () => undefined;
    await rig.control.use('o@1');
    expect(statesOf(rig)).toEqual(['m@1 ready', 'o@1 ready']);
  });
});
