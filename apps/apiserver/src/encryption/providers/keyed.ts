import { startsWith, type Provider } from '../provider.ts';

/** How one algorithm writes and reads with one key. */
export interface Cipher {
  seal(plain: Uint8Array, key: string): Uint8Array;
  /** Throws when the value is damaged, of another key, or (where the algorithm can tell) of another place. */
  open(sealed: Uint8Array, key: string): Uint8Array;
}

export interface NamedCipher {
  readonly name: string;
  readonly cipher: Cipher;
}

/** A provider with named keys: the first writes, all read. A value says the name of its key behind the prefix. */
export function keyed(prefix: string, keys: readonly NamedCipher[]): Provider {
  const known = keys.map(({ name, cipher }) => ({ cipher, head: `${prefix}${name}:` }));
  const [writer] = known;
  if (writer === undefined) throw new Error('a provider has at least one key');
  const head = Buffer.from(writer.head);
  return {
    prefix,
    seal: (plain, key) => Buffer.concat([head, writer.cipher.seal(plain, key)]),
    open(stored, key) {
      const found = known.find((one) => startsWith(stored, one.head));
      if (found === undefined) return undefined;
      return { plain: found.cipher.open(stored.subarray(found.head.length), key), stale: found !== writer };
    },
  };
}
