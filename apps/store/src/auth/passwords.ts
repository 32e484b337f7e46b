import type Bcrypt from 'bcrypt';
import { AuthError } from './errors.ts';
import { etcdError } from '../services/errors.ts';

/** bcrypt looks at no more bytes than these; a longer password would be cut silently. */
const passwordBytesMax = 72;
/** Hashes that may wait for their turn; more are refused. */
const waitingMax = 256;
/** What bcrypt writes. */
const hashPattern = /^\$2[aby]?\$\d\d\$[./A-Za-z0-9]{53}$/;

/** etcd's `--bcrypt-cost`. */
export const bcryptCosts = { min: 4, default: 10, max: 31 } as const;

/**
 * bcrypt, as etcd stores passwords. It takes tens of milliseconds of a thread of the pool that also serves the disk, so
 * only one runs at a time: a flood of wrong passwords slows down signing in and nothing else.
 */
export class Passwords {
  /** A hash of nothing: to compare with where there is no user. */
  readonly decoy: Uint8Array;
  readonly #cost: number;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(cost: number) {
    this.#cost = cost;
    this.decoy = Buffer.from(`$2b$${String(cost).padStart(2, '0')}$${'.'.repeat(53)}`);
  }

  /** The hash in base64, as it goes into the log. Throws `AuthError` for a password that bcrypt would cut. */
  async hash(password: string): Promise<string> {
    if (Buffer.byteLength(password) > passwordBytesMax) throw new AuthError('PasswordTooLong');
    const hash = await this.#inTurn(async () => (await bcrypt()).hash(password, this.#cost));
    return Buffer.from(hash).toString('base64');
  }

  /** True when the password is the one that was hashed. */
  async matches(password: string, hash: Uint8Array): Promise<boolean> {
    const text = Buffer.from(hash).toString();
    if (!hashPattern.test(text) || Buffer.byteLength(password) > passwordBytesMax) return false;
    return await this.#inTurn(async () => (await bcrypt()).compare(password, text.replace('$2y$', '$2b$')));
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#waiting >= waitingMax) throw etcdError('TooManyRequests');
    this.#waiting++;
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    try {
      return await turn;
    } finally {
      this.#waiting--;
    }
  }
}

/** The hash that a caller made itself, if it is one. */
export function checkedHash(hashedPassword: string): string {
  if (!hashPattern.test(Buffer.from(hashedPassword, 'base64').toString())) throw new AuthError('InvalidPasswordHash');
  return hashedPassword;
}

/** Loaded when first needed: most stores have no users. */
async function bcrypt(): Promise<Pick<typeof Bcrypt, 'hash' | 'compare'>> {
  return (await import('bcrypt')).default;
}
