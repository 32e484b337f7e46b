import { createHash, randomInt } from 'node:crypto';
import type { Clock } from '@rhythm/base';
import type { TokenKeeper } from './machine.ts';

/** Tokens that a member remembers; beyond it the one unused for longest is forgotten, and its holder must sign in again. */
const tokensMax = 100_000;
const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
const secretLength = 16;
/** A secret of this form, a dot, an index of the log. */
const pattern = /^([a-zA-Z]{16})\.(\d{1,16})$/;

interface Held {
  readonly user: string;
  expiresAt: number;
}

/**
 * etcd's simple tokens: 16 random letters, a dot, and the index of the log entry that made the token known to all members.
 * The log and this memory hold only the digest of the letters: whoever reads the disk learns no token. Each member counts
 * a token's time for itself and starts it anew with every use; none survives a restart.
 */
export class SimpleTokens implements TokenKeeper {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #ttlMs: number;
  /** By digest and index, the one unused for longest first. */
  readonly #tokens = new Map<string, Held>();

  constructor(clock: Pick<Clock, 'monotonic'>, ttlMs: number) {
    this.#clock = clock;
    this.#ttlMs = ttlMs;
  }

  get size(): number {
    return this.#tokens.size;
  }

  assign(digest: Uint8Array, index: number, user: string): void {
    this.#expire();
    this.#tokens.set(nameOf(digest, index), { user, expiresAt: this.#clock.monotonic() + this.#ttlMs });
    if (this.#tokens.size <= tokensMax) return;
    const [oldest] = this.#tokens.keys();
    if (oldest !== undefined) this.#tokens.delete(oldest);
  }

  forget(user: string): void {
    for (const [name, held] of this.#tokens) if (held.user === user) this.#tokens.delete(name);
  }

  clear(): void {
    this.#tokens.clear();
  }

  /** The user a token stands for; undefined when it is not known here. Using it starts its time anew. */
  userOf(token: string): string | undefined {
    this.#expire();
    const parsed = parseSimpleToken(token);
    if (parsed === undefined) return undefined;
    const name = nameOf(digestOf(parsed.secret), parsed.index);
    const held = this.#tokens.get(name);
    if (held === undefined) return undefined;
    this.#tokens.delete(name);
    held.expiresAt = this.#clock.monotonic() + this.#ttlMs;
    this.#tokens.set(name, held);
    return held.user;
  }

  #expire(): void {
    const now = this.#clock.monotonic();
    for (const [name, held] of this.#tokens) {
      // They are in the order in which their time runs out.
      if (held.expiresAt > now) return;
      this.#tokens.delete(name);
    }
  }
}

/** A new token's secret part, and what of it goes into the log. */
export function newSecret(): { readonly secret: string; readonly digest: Uint8Array } {
  const secret = Array.from({ length: secretLength }, () => letters[randomInt(letters.length)] ?? 'a').join('');
  return { secret, digest: digestOf(secret) };
}

export function parseSimpleToken(token: string): { readonly secret: string; readonly index: number } | undefined {
  const match = pattern.exec(token);
  return match === null ? undefined : { secret: match[1] ?? '', index: Number(match[2]) };
}

function digestOf(secret: string): Uint8Array {
  return createHash('sha256').update(secret).digest();
}

function nameOf(digest: Uint8Array, index: number): string {
  return `${Buffer.from(digest).toString('latin1')}.${index}`;
}
