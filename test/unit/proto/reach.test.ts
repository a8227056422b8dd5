import { reasonOf, urlUnder, wireErrorOfStatus } from '@edge-csi/proto';
import { describe, expect, it } from 'vitest';

describe('the URL of a path under a base', () => {
  it.each([
    ['ws://bs:8080', 'ws://bs:8080/v1/ue'],
    ['ws://bs:8080/', 'ws://bs:8080/v1/ue'],
    ['wss://site.example/cell-7', 'wss://site.example/cell-7/v1/ue'],
    ['wss://site.example/a/b/?key=x#top', 'wss://site.example/a/b/v1/ue?key=x'],
    ['ws://[::1]:9', 'ws://[::1]:9/v1/ue'],
  ])('keeps the path of %s', (base, url) => {
    expect(urlUnder(base, '/v1/ue')).toBe(url);
  });
});

describe('the reason of a failure', () => {
  it('is that of every address where a host has several', () => {
    const failed = new AggregateError([
      new Error('connect ECONNREFUSED ::1:9'),
      new Error('connect ECONNREFUSED 127.0.0.1:9'),
    ]);
    expect(reasonOf(failed)).toBe('connect ECONNREFUSED ::1:9, connect ECONNREFUSED 127.0.0.1:9');
  });

  it('goes on with what lies beneath', () => {
    expect(reasonOf(new TypeError('fetch failed', { cause: new Error('self-signed certificate') }))).toBe(
      'fetch failed: self-signed certificate',
    );
    expect(reasonOf(Object.assign(new Error(''), { code: 'ECONNRESET' }))).toBe('ECONNRESET');
    expect(reasonOf('torn')).toBe('torn');
  });

  it('of a refused upgrade names the URL', () => {
    expect(wireErrorOfStatus('ws://bs/a/v1/ue', 404).message).toBe('ws://bs/a/v1/ue: upgrade refused: HTTP 404');
  });
});
