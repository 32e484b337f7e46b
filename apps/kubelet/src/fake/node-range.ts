/** One fake node: its name, and the addresses of its pods. */
export interface FakeNode {
  readonly name: string;
  readonly podCidr: string;
  readonly addresses: PodAddresses;
}

/** A node has a /24: the first address is its gateway's, the last is for broadcasts. */
const addressesPerNode = 256;
const firstHost = 2;
const lastHost = 254;
/** What fits into a node's range. */
export const fakePodsMax = lastHost - firstHost + 1;
/** Its server's certificate names them all, and a certificate has an end (docs/processes.md). */
export const fakeNodesMax = 5_000;

export const fakeNodeName = (index: number): string => `fake-${index}`;

/** `count` nodes, each with the next /24 of `cidr`. @throws when the range is too small or not one of IPv4. */
export function fakeNodes(count: number, cidr: string): FakeNode[] {
  if (!Number.isInteger(count) || count < 1 || count > fakeNodesMax) throw new Error(`${count} fake nodes cannot be: give a number from 1 to ${fakeNodesMax}`);
  const base = rangeStart(cidr);
  const bits = Number(cidr.split('/')[1]);
  const room = bits > 24 ? 0 : 2 ** (24 - bits);
  if (room < count) throw new Error(`${cidr} has ${room} ranges of ${addressesPerNode} addresses, ${count} nodes need more`);
  return Array.from({ length: count }, (_, index) => {
    const start = base + index * addressesPerNode;
    return { name: fakeNodeName(index), podCidr: `${dotted(start)}/24`, addresses: new PodAddresses(start) };
  });
}

/** The addresses of one node's pods, by pod. */
export class PodAddresses {
  readonly #start: number;
  readonly #byPod = new Map<string, string>();
  readonly #taken = new Set<string>();
  #next = firstHost;

  constructor(start: number) {
    this.#start = start;
  }

  /** The pod's address: the one it has, the one it says it has, or a free one; '' when none is left. */
  take(uid: string, published?: string): string {
    const own = this.#byPod.get(uid);
    if (own !== undefined) return own;
    const ip = published !== undefined && !this.#taken.has(published) ? published : this.#free();
    if (ip === '') return '';
    this.#byPod.set(uid, ip);
    this.#taken.add(ip);
    return ip;
  }

  release(uid: string): void {
    const ip = this.#byPod.get(uid);
    if (ip === undefined) return;
    this.#byPod.delete(uid);
    this.#taken.delete(ip);
  }

  /** Goes round, so that an address rests before it is used again. */
  #free(): string {
    for (let tried = 0; tried < fakePodsMax; tried++) {
      const ip = dotted(this.#start + this.#next);
      this.#next = this.#next === lastHost ? firstHost : this.#next + 1;
      if (!this.#taken.has(ip)) return ip;
    }
    return '';
  }
}

function rangeStart(cidr: string): number {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(cidr);
  const parts = (match?.slice(1) ?? []).map(Number);
  const bits = parts[4] ?? 33;
  if (parts.slice(0, 4).some((part) => part > 255) || bits > 32) throw new Error(`"${cidr}" is not a range of IPv4 addresses`);
  const address = parts.slice(0, 4).reduce((sum, part) => sum * 256 + part, 0);
  return address - (address % 2 ** (32 - bits));
}

function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}
