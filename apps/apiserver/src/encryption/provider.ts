/** One way of writing values to the store, with one set of keys. */
export interface Provider {
  /** What values of this provider begin with (`k8s:enc:aesgcm:v1:`); '' for plain text. For metrics. */
  readonly prefix: string;
  /** @param key where the value will lie: where the algorithm can, it is authenticated too, so that a value is good in its own place only. */
  seal(plain: Uint8Array, key: string): Uint8Array | Promise<Uint8Array>;
  /** `undefined`: not one of this provider's values. Throws or rejects when it is one that cannot be opened; the message holds nothing of key or value. */
  open(stored: Uint8Array, key: string): Opened | undefined | Promise<Opened | undefined>;
}

export interface Opened {
  readonly plain: Uint8Array;
  /** This provider would write it otherwise today: under another of its keys. */
  readonly stale: boolean;
}

/** What every value begins with that is not plain. */
export const encryptedPrefix = 'k8s:enc:';

const lead = encryptedPrefix.charCodeAt(0);

/** Whether a stored value is some provider's. Objects in plain text begin with a format byte, never with a letter. */
export function isEncrypted(value: Uint8Array): boolean {
  return value[0] === lead && startsWith(value, encryptedPrefix);
}

export function startsWith(value: Uint8Array, prefix: string): boolean {
  if (value.length < prefix.length) return false;
  for (let i = 0; i < prefix.length; i++) if (value[i] !== prefix.charCodeAt(i)) return false;
  return true;
}
