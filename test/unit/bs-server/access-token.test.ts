import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { AccessControl, signAccessToken } from '../../../bs-server/src/net/access-token.ts';

const secret = 'x'.repeat(32);
const wallMs = 1_700_000_000_000;
const monotonicMs = 5_000;
const control = new AccessControl(
  new TextEncoder().encode(secret),
  () => monotonicMs,
  () => wallMs,
);
const expSeconds = wallMs / 1000 + 60;

const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token made by hand, with a right signature whatever it says. */
function forge(header: object, claims: object, key = secret, hash = 'sha256'): string {
  const input = `${base64url(header)}.${base64url(claims)}`;
  return `${input}.${createHmac(hash, key).update(input).digest('base64url')}`;
}

const claims = { role: 'ue', sub: 'ue-1', exp: expSeconds };

describe('AccessControl', () => {
  it('takes what signAccessToken signs, and knows its UE and when it expires', async () => {
    const token = await signAccessToken(secret, { role: 'ue', ueId: 'ue-1', ttlSeconds: 60 }, () => wallMs);
    expect(await control.check(token, 'ue')).toEqual({ token, ueId: 'ue-1', expiresMs: monotonicMs + 60_000 });
  });

  it('takes a token that follows the documented form, whoever made it', async () => {
    const token = forge({ alg: 'HS256' }, claims);
    expect(await control.check(token, 'ue')).toMatchObject({ ueId: 'ue-1' });
  });

  it('knows no UE in tokens of other roles', async () => {
    const token = await signAccessToken(secret, { role: 'phy', ttlSeconds: 1 }, () => wallMs);
    expect(await control.check(token, 'phy')).toMatchObject({ ueId: undefined });
  });

  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const rsaInput = `${base64url({ alg: 'RS256' })}.${base64url(claims)}`;
  const valid = forge({ alg: 'HS256' }, claims);
  it.each<[string, string | undefined, string]>([
    ['no token', undefined, 'a token is needed'],
    ['an empty one', '', 'the token is not valid: it is no JWT that is understood here'],
    [
      'another secret',
      forge({ alg: 'HS256' }, claims, 'y'.repeat(32)),
      'the token is not valid: it is signed with another secret',
    ],
    [
      'no algorithm',
      `${base64url({ alg: 'none' })}.${base64url(claims)}.`,
      'the token is not valid: it is not signed by HS256',
    ],
    [
      'another MAC of the same secret',
      forge({ alg: 'HS512' }, claims, secret, 'sha512'),
      'the token is not valid: it is not signed by HS256',
    ],
    [
      'the right MAC under another name',
      forge({ alg: 'RS256' }, claims),
      'the token is not valid: it is not signed by HS256',
    ],
    [
      'a public key signature',
      `${rsaInput}.${sign('sha256', Buffer.from(rsaInput), privateKey).toString('base64url')}`,
      'the token is not valid: it is not signed by HS256',
    ],
    [
      'a header that demands what is not understood',
      forge({ alg: 'HS256', crit: ['b64'], b64: false }, claims),
      'the token is not valid: it is no JWT that is understood here',
    ],
    [
      'changed claims',
      valid.replace(/\..*\./, `.${base64url({ ...claims, sub: 'ue-2' })}.`),
      'the token is not valid: it is signed with another secret',
    ],
    ['no expiry', forge({ alg: 'HS256' }, { role: 'ue', sub: 'ue-1' }), 'the token is not valid: it has no expiry'],
    [
      'an expiry that is no number',
      forge({ alg: 'HS256' }, { ...claims, exp: 'never' }),
      'the token is not valid: it has no expiry',
    ],
    ['an expiry that is now', forge({ alg: 'HS256' }, { ...claims, exp: wallMs / 1000 }), 'the token has expired'],
    ['another role', forge({ alg: 'HS256' }, { ...claims, role: 'phy' }), 'the token is not for /v1/ue'],
    ['no role', forge({ alg: 'HS256' }, { sub: 'ue-1', exp: expSeconds }), 'the token is not for /v1/ue'],
    ['no UE', forge({ alg: 'HS256' }, { role: 'ue', exp: expSeconds }), 'the token names no UE'],
    [
      'claims that are no object',
      forge({ alg: 'HS256' }, [1]),
      'the token is not valid: it is no JWT that is understood here',
    ],
  ])('refuses %s', async (_name, token, message) => {
    await expect(control.check(token, 'ue')).rejects.toMatchObject({
      name: 'WireError',
      code: 'unauthorized',
      message,
    });
  });
});

describe('signAccessToken', () => {
  it.each([
    ['a short secret', 'x'.repeat(31), { role: 'phy', ttlSeconds: 1 }, 'tokenSecret has 31 bytes'],
    ['a UE token without UE', secret, { role: 'ue', ttlSeconds: 1 }, 'ueId is undefined'],
    ['a feed token with UE', secret, { role: 'phy', ueId: 'ue-1', ttlSeconds: 1 }, 'ueId is ue-1'],
    ['a role there is not', secret, { role: 'admin', ttlSeconds: 1 }, 'role is admin'],
    ['no time to live', secret, { role: 'phy', ttlSeconds: 0 }, 'ttlSeconds is 0'],
  ] as const)('refuses %s', async (_name, key, grant, message) => {
    await expect(signAccessToken(key, grant as never)).rejects.toThrow(RangeError);
    await expect(signAccessToken(key, grant as never)).rejects.toThrow(message);
  });
});
