import type { Log } from '@rhythm/base';
import { GrpcError, type CallContext } from '@rhythm/grpc';
import type { Caller } from '@rhythm/proto/store';
import { AuthError } from './errors.ts';
import type { JwtTokens } from './jwt-tokens.ts';
import { checkedHash, type Passwords } from './passwords.ts';
import type { AuthMachine } from './machine.ts';
import { etcdError } from '../services/errors.ts';
import { newSecret, parseSimpleToken, type SimpleTokens } from './simple-tokens.ts';

/** The part of a call that tells who is calling. Undefined for the store's own calls. */
export type Credentials = Pick<CallContext, 'metadata' | 'identity'> | undefined;

/** Where a client puts its token; the second is what etcd's JSON gateway sends. */
const tokenHeaders = ['token', 'authorization'];
/** A gateway speaks with its own certificate, which says nothing of its caller. */
const gatewayHeader = 'grpcgateway-accept';
/** Signings-in that start again because users were changed meanwhile. */
const attemptsMax = 10;
/** Characters of a name that go into the log: anybody may send any. */
const loggedNameMax = 100;

export interface GateOptions {
  /** Users and roles as they are now; another object after the state was replaced. */
  readonly machine: () => AuthMachine;
  readonly tokens: SimpleTokens | JwtTokens;
  readonly passwords: Passwords;
  /** The name in a client's certificate stands for a user: every client had to show one. */
  readonly certificates: boolean;
  readonly log: Log;
  /** See `Host.linearizable`. */
  readonly linearizable: () => Promise<void>;
  /** Makes a simple token known to all members; gives the index of its entry. */
  readonly assign: (user: string, digest: Uint8Array, checkedRevision: number) => Promise<number>;
}

/** Tells who is calling, and signs users in. */
export class Gate {
  readonly #options: GateOptions;

  constructor(options: GateOptions) {
    this.#options = options;
  }

  /** Who calls; undefined when authentication is off, or nobody was named. Throws `AuthError` for a token that is no good. */
  async caller(credentials: Credentials): Promise<Caller | undefined> {
    const { certificates } = this.#options;
    const machine = this.#options.machine();
    if (!machine.enabled || credentials === undefined) return undefined;
    const token = tokenHeaders.map((name) => credentials.metadata.get(name)[0]).find((value) => value !== undefined);
    if (token !== undefined) return await this.#byToken(String(token));
    if (!certificates || credentials.identity === undefined || credentials.metadata.get(gatewayHeader).length > 0) return undefined;
    return { user: credentials.identity.commonName, authRevision: BigInt(machine.revision), internal: false };
  }

  /** Checks a password and gives a token. Throws `AuthError`. */
  async signIn(user: string, password: string): Promise<string> {
    const { passwords, tokens, linearizable, assign } = this.#options;
    await linearizable();
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      const machine = this.#options.machine();
      if (!machine.enabled) throw new AuthError('AuthNotEnabled');
      const known = machine.user(user);
      const authRevision = machine.revision;
      if (known?.noPassword === true) throw new AuthError('NoPasswordUser');
      // Somebody unknown costs the same time as somebody with another password.
      const right = await passwords.matches(password, known?.password ?? passwords.decoy);
      if (known === undefined || !right) {
        this.#options.log.warn('somebody could not sign in', { user: user.slice(0, loggedNameMax) });
        throw new AuthError('AuthFailed');
      }
      if ('sign' in tokens) {
        if (this.#options.machine().revision === authRevision) return await tokens.sign(user, authRevision);
        continue;
      }
      const { secret, digest } = newSecret();
      try {
        return `${secret}.${await assign(user, digest, authRevision)}`;
      } catch (error) {
        if (!isOldRevision(error)) throw error;
      }
    }
    throw new AuthError('AuthOldRevision');
  }

  /** A request's password as the hash that goes into the log, in base64; a caller may also bring a hash. */
  async hash(password: string, hashedPassword: string): Promise<string> {
    if (password === '' && hashedPassword !== '') return checkedHash(hashedPassword);
    return await this.#options.passwords.hash(password);
  }

  async #byToken(token: string): Promise<Caller> {
    const { tokens, linearizable } = this.#options;
    if ('verify' in tokens) return await tokens.verify(token);
    if (parseSimpleToken(token) === undefined) throw new AuthError('InvalidAuthToken');
    let user = tokens.userOf(token);
    if (user === undefined) {
      // Another member made it, and its entry may not have been applied here yet.
      await linearizable();
      user = tokens.userOf(token);
    }
    if (user === undefined) throw new AuthError('InvalidAuthToken');
    return { user, authRevision: BigInt(this.#options.machine().revision), internal: false };
  }
}

function isOldRevision(error: unknown): boolean {
  return error instanceof GrpcError && error.details === etcdError('AuthOldRevision').details;
}
