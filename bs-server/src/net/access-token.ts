import { paths, WireError } from '@edge-csi/proto';
import { errors, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import * as v from 'valibot';
import { checked, numberIn, oneOf, optionsOf, text, textOrBytes } from '../ops/check.ts';

/** What a token lets its holder be: the WebSocket path it may connect to. */
export type AccessRole = keyof typeof paths;

const grantSchema = v.pipe(
  optionsOf({
    role: oneOf(Object.keys(paths) as AccessRole[]),
    /** The UE it is for. Of role `ue` only, and there it must be set. */
    ueId: v.optional(text),
    /** From now until it expires. */
    ttlSeconds: numberIn(Number.MIN_VALUE, Number.MAX_VALUE),
  }),
  v.check(
    ({ role, ueId }) => (role === 'ue') === (ueId !== undefined),
    ({ input: { role, ueId } }) => `.ueId is ${ueId}, must be set for role ue and for no other, the role is ${role}`,
  ),
);

/** What a token grants. */
export type AccessGrant = Readonly<v.InferInput<typeof grantSchema>>;

/** A token that has been checked. */
export interface Access {
  readonly token: string;
  /** Undefined in tokens of other roles than `ue`. */
  readonly ueId: string | undefined;
  /** When it expires, on the server's monotonic clock. */
  readonly expiresMs: number;
}

/** The one algorithm there is: a token that names another, or none, is refused whatever its signature. */
const algorithm = 'HS256';

/** RFC 7518, 3.2: a key as long as the hash, at least. */
const minSecretBytes = 32;

/** What tokens are signed with, as text or as bytes. */
export const secretKeySchema = v.pipe(
  textOrBytes,
  v.transform((secret) => (typeof secret === 'string' ? new TextEncoder().encode(secret) : secret)),
  v.check(
    (key) => key.length >= minSecretBytes,
    ({ input }) => ` has ${input.length} bytes, must have at least ${minSecretBytes}, random ones`,
  ),
);

/** Wall-clock milliseconds, which tokens are dated by. */
export type WallClock = () => number;

/**
 * Signs a token: a JWT (RFC 7519) with HMAC-SHA256 and the claims `role`, `sub` (the UE id) and `exp`.
 *
 * @param secret - the server's `tokenSecret`
 * @throws RangeError where the secret is short, or the grant is not one.
 */
export async function signAccessToken(
  secret: string | Uint8Array,
  grant: AccessGrant,
  wallClock: WallClock = Date.now,
): Promise<string> {
  const { tokenSecret } = checked(optionsOf({ tokenSecret: secretKeySchema }), { tokenSecret: secret });
  const { role, ueId, ttlSeconds } = checked(grantSchema, grant);
  const token = new SignJWT({ role })
    .setProtectedHeader({ alg: algorithm, typ: 'JWT' })
    .setExpirationTime(Math.ceil(wallClock() / 1000 + ttlSeconds));
  if (ueId !== undefined) token.setSubject(ueId);
  return token.sign(tokenSecret);
}

/** Checks tokens against a secret. */
export class AccessControl {
  readonly #key: Uint8Array;
  readonly #clock: () => number;
  readonly #wallClock: WallClock;

  /** @param clock - monotonic milliseconds, which expiry is told in */
  constructor(secret: Uint8Array, clock: () => number, wallClock: WallClock = Date.now) {
    this.#key = secret;
    this.#clock = clock;
    this.#wallClock = wallClock;
  }

  /** @throws WireError `unauthorized` saying what is wrong with the token, never what would be right. */
  async check(token: string | undefined, role: AccessRole): Promise<Access> {
    if (token === undefined) throw unauthorized('a token is needed');
    const wallMs = this.#wallClock();
    const { role: granted, sub, exp } = await this.#verify(token, wallMs);
    if (granted !== role) throw unauthorized(`the token is not for ${paths[role]}`);
    if (role === 'ue' && (sub === undefined || sub === '')) throw unauthorized('the token names no UE');
    // `exp` is required and checked to be a number.
    const expiresMs = this.#clock() + (exp as number) * 1000 - wallMs;
    return { token, ueId: role === 'ue' ? sub : undefined, expiresMs };
  }

  async #verify(token: string, wallMs: number): Promise<JWTPayload> {
    try {
      const currentDate = new Date(wallMs);
      const options = { algorithms: [algorithm], requiredClaims: ['exp'], currentDate };
      return (await jwtVerify(token, this.#key, options)).payload;
    } catch (cause) {
      if (cause instanceof errors.JWTExpired) throw unauthorized('the token has expired', cause);
      if (cause instanceof errors.JOSEError) throw unauthorized(`the token is not valid: ${faultOf(cause)}`, cause);
      throw cause;
    }
  }
}

/** What is wrong with a token, and nothing of what it holds. */
function faultOf(cause: InstanceType<typeof errors.JOSEError>): string {
  if (cause instanceof errors.JWSSignatureVerificationFailed) return 'it is signed with another secret';
  if (cause instanceof errors.JOSEAlgNotAllowed) return `it is not signed by ${algorithm}`;
  if (cause instanceof errors.JWTClaimValidationFailed) return 'it has no expiry';
  return 'it is no JWT that is understood here';
}

function unauthorized(message: string, cause?: unknown): WireError {
  return new WireError('unauthorized', message, { cause });
}
