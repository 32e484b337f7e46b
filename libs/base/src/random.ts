/** The only source of chance; a seed makes a run repeatable. */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
  /** `count` random bytes. */
  bytes(count: number): Uint8Array;
}

/** An integer in [0, bound). */
export function randomInt(random: Random, bound: number): number {
  return Math.floor(random.next() * bound);
}

/** A version 4 UUID (RFC 9562). */
export function randomUuid(random: Random): string {
  const b = random.bytes(16);
  b[6] = ((b[6] ?? 0) & 0x0f) | 0x40;
  b[8] = ((b[8] ?? 0) & 0x3f) | 0x80;
  let text = '';
  for (let at = 0; at < 16; at++) {
    if (at === 4 || at === 6 || at === 8 || at === 10) text += '-';
    text += hexOfByte[b[at] ?? 0] ?? '';
  }
  return text;
}

const hexOfByte = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** The alphabet of Kubernetes' generated names: no vowels, nothing that looks alike. */
const nameAlphabet = 'bcdfghjklmnpqrstvwxz2456789';

/** `length` characters fit for the end of a generated object name. */
export function randomSuffix(random: Random, length = 5): string {
  return Array.from({ length }, () => nameAlphabet[randomInt(random, nameAlphabet.length)]).join('');
}

/** A small, fast, seeded generator (mulberry32). Not for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return { next, bytes: (count) => Uint8Array.from({ length: count }, () => Math.floor(next() * 256)) };
}

/** Random bytes that are fetched at once: asking for 16 takes as long as for all of them. */
const pool = new Uint8Array(4096);
let poolUsed = pool.length;

/** The machine's cryptographic generator. */
export const systemRandom: Random = {
  next: () => {
    const [a = 0, b = 0, c = 0, d = 0] = pooledBytes(4);
    return (a * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + d) / 2 ** 32;
  },
  bytes: (count) => (count > pool.length / 8 ? crypto.getRandomValues(new Uint8Array(count)) : pooledBytes(count)),
};

/** Each byte is handed out once, and not kept. */
function pooledBytes(count: number): Uint8Array {
  if (poolUsed + count > pool.length) {
    crypto.getRandomValues(pool);
    poolUsed = 0;
  }
  const bytes = pool.slice(poolUsed, poolUsed + count);
  pool.fill(0, poolUsed, poolUsed + count);
  poolUsed += count;
  return bytes;
}
