import { describe, expect, it } from 'vitest';
import { ConnectionGuard, networkOf } from '../../../bs-server/src/net/connection-guard.ts';

const wide = {
  maxConnections: 1000,
  maxConnectionsPerAddress: 1000,
  connectionsPerSecond: 1000,
  connectionsPerSecondPerAddress: 1000,
};

describe('ConnectionGuard', () => {
  it('bounds connections in all, and admits again when one has ended', () => {
    const guard = new ConnectionGuard({ ...wide, maxConnections: 2 }, 0);
    expect([guard.open('10.0.0.1', 0), guard.open('10.0.0.2', 0)]).toEqual([undefined, undefined]);
    expect(guard.open('10.0.0.3', 0)).toBe('connections');
    guard.closed('10.0.0.1');
    expect(guard.open('10.0.0.3', 0)).toBeUndefined();
  });

  it('bounds connections of one address and leaves the others theirs', () => {
    const guard = new ConnectionGuard({ ...wide, maxConnectionsPerAddress: 1 }, 0);
    expect(guard.open('10.0.0.1', 0)).toBeUndefined();
    expect(guard.open('::ffff:10.0.0.1', 0)).toBe('connections-per-address');
    expect(guard.open('10.0.0.2', 0)).toBeUndefined();
    guard.closed('10.0.0.1');
    expect(guard.open('10.0.0.1', 0)).toBeUndefined();
  });

  it('bounds how fast connections come from one address, which costs the others nothing', () => {
    const guard = new ConnectionGuard({ ...wide, connectionsPerSecond: 4, connectionsPerSecondPerAddress: 2 }, 0);
    const flood = Array.from({ length: 100 }, () => guard.open('10.0.0.1', 0));
    expect(flood.filter((refusal) => refusal === undefined)).toHaveLength(4);
    expect(flood.at(-1)).toBe('connection-rate-per-address');
    const others = Array.from({ length: 5 }, (_, i) => guard.open(`10.0.1.${i}`, 0));
    expect(others).toEqual([undefined, undefined, undefined, undefined, 'connection-rate']);
    expect(guard.open('10.0.0.1', 500)).toBeUndefined();
  });

  it('forgets addresses that have no connection and no recent past', () => {
    const guard = new ConnectionGuard({ ...wide, connectionsPerSecondPerAddress: 1 }, 0);
    for (let i = 0; i < 100; i++) {
      guard.open(`10.0.0.${i}`, 0);
      if (i > 0) guard.closed(`10.0.0.${i}`);
    }
    expect(guard.size).toBe(100);
    guard.open('10.0.1.1', 2_000);
    expect(guard.size).toBe(2);
    expect(guard.open('10.0.0.0', 2_000)).toBeUndefined();
  });
});

describe('networkOf', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::6', '2001:db8:1:2'],
    ['2001:db8::6', '2001:db8:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['::1', '0:0:0:0'],
  ])('of %s is %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});
