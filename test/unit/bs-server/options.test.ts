import { describe, expect, it } from 'vitest';
import { type BsServerOptions, bsServerDefaults, resolveOptions } from '../../../bs-server/src/options.ts';

describe('resolveOptions', () => {
  it('fills in the defaults, also for options that are undefined', () => {
    const options: BsServerOptions = { port: 0, ...({ host: undefined } as object) };
    const resolved = resolveOptions(options);
    expect(resolved.port).toBe(0);
    expect(resolved.host).toBe(bsServerDefaults.host);
    expect(resolved.maxBatchSize).toBe(16);
    expect(resolved.maxUplinkAgeMs).toBe(1000);
    expect(resolved.phaseTheta).toBeUndefined();
  });

  it('puts the administrative port next to the main one, or on a free one beside a free one', () => {
    expect(resolveOptions({}).adminPort).toBe(8081);
    expect(resolveOptions({ port: 9000 }).adminPort).toBe(9001);
    expect(resolveOptions({ port: 0 }).adminPort).toBe(0);
    expect(resolveOptions({ port: 9000, adminPort: 0 }).adminPort).toBe(0);
    expect(resolveOptions({ port: 65_535, adminPort: false }).adminPort).toBe(false);
    expect(() => resolveOptions({ port: 65_535 })).toThrow('adminPort is 65536');
  });

  it('lets others reach the administrative port only with a token', () => {
    expect(resolveOptions({ adminHost: '0.0.0.0', adminToken: 'x' }).adminToken).toBe('x');
    for (const adminHost of ['127.0.0.2', '::1', 'localhost'])
      expect(resolveOptions({ adminHost }).adminHost).toBe(adminHost);
    expect(resolveOptions({ adminHost: '0.0.0.0', adminPort: false }).adminPort).toBe(false);
  });

  it('leaves room for more connections than sessions, and half of it to one address', () => {
    const { limits } = resolveOptions({ limits: { maxUes: 68, helloTimeoutMs: undefined } as object });
    expect(limits).toMatchObject({ maxUes: 68, helloTimeoutMs: 5_000 });
    expect(limits).toMatchObject({ maxConnections: 400, maxConnectionsPerAddress: 200 });
  });

  it('refuses an option it does not know, so that no server is open that was to be closed', () => {
    expect(() => resolveOptions({ token: 'secret' } as BsServerOptions)).toThrow(/^token is not an option, known are /);
  });

  it('shows nothing of a secret', () => {
    const secret = 'hush-hush';
    for (const options of [{ tokenSecret: secret }, { tokenSecret: [secret] }, { adminToken: [secret] }]) {
      expect(() => resolveOptions(options as object)).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining(secret) }),
      );
    }
  });

  it.each<[keyof BsServerOptions, unknown, string]>([
    ['port', 65_536, 'port is 65536, must be an integer in 0..65535'],
    ['maxBatchSize', 0, 'maxBatchSize is 0, must be an integer in 1..256'],
    ['maxBatchSize', 1.5, 'maxBatchSize is 1.5, must be an integer'],
    ['codewordTruncation', 8, 'codewordTruncation is 8, must be an integer in 0..7'],
    ['phaseTheta', 0, 'phaseTheta is 0, must be an integer in 1..16777216'],
    ['phaseTheta', 1.5, 'phaseTheta is 1.5, must be an integer'],
    ['deadlineMs', Number.NaN, 'deadlineMs is NaN'],
    ['maxUplinkAgeMs', -1, 'maxUplinkAgeMs is -1, must be 0..2147483647'],
    ['uplinkWaitMs', 101, 'uplinkWaitMs is 101, must be 0..100'],
    ['maxQueueDelayMs', 200, 'maxQueueDelayMs is 200, must be 0..100'],
    ['slotMs', 2, 'slotMs is 2, must be 0.0625..1'],
    ['limits', { pingIntervalMs: 60_000 }, 'limits.pingIntervalMs is 60000, must be an integer in 1..30000'],
    ['limits', { maxUes: 0 }, 'limits.maxUes is 0, must be an integer in 1..65536'],
    ['limits', { maxUse: 5 }, 'limits.maxUse is not an option, known are maxUes, '],
    ['tokenSecret', 'short', 'tokenSecret has 5 bytes, must have at least 32'],
    ['allowedOrigins', ['ue.example'], 'allowedOrigins[0] is ue.example, must be an origin like https://host'],
    ['allowedOrigins', ['https://ue.example/'], 'allowedOrigins[0] is https://ue.example/, must be an origin like'],
    ['tls', { cert: 'no', key: 'no' }, 'tls: '],
    ['executionProviders', ['tpu'], 'executionProviders[0] is tpu, must be one of cuda, webgpu, cpu'],
    ['executionProviders', [], 'executionProviders is empty, must name at least one'],
    ['models', [], 'models is empty, must name at least one'],
    ['adminPort', -1, 'adminPort is -1, must be an integer in 0..65535'],
    ['cell', 'a.b', 'cell is a.b, must be 1 to 64 letters, digits, hyphens and underscores'],
    ['nats', { servers: [] }, 'nats.servers is empty, must name at least one'],
    ['nats', { servers: ['nats://a'], pasword: 'x' }, 'nats.pasword is not an option, known are servers, '],
    ['adminHost', '0.0.0.0', 'adminHost is 0.0.0.0, which others can reach: set adminToken, or listen on 127.0.0.1'],
  ])('refuses %s = %j, naming value and bound', (name, value, message) => {
    expect(() => resolveOptions({ [name]: value })).toThrow(RangeError);
    expect(() => resolveOptions({ [name]: value })).toThrow(message);
  });
});
