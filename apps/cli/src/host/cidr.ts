/** An IPv4 range: `base` with its host bits zero, and the prefix length. */
export interface Cidr {
  readonly base: number;
  readonly bits: number;
}

/** Parses `10.0.0.0/16`, or an address alone as a /32; `undefined` when it is neither. */
export function parseCidr(text: string): Cidr | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:\/(\d{1,2}))?$/.exec(text);
  if (match === null) return undefined;
  const octets = match.slice(1, 5).map(Number);
  const bits = match[5] === undefined ? 32 : Number(match[5]);
  if (bits > 32 || octets.some((octet) => octet > 255)) return undefined;
  const address = octets.reduce((sum, octet) => sum * 256 + octet, 0);
  const size = 2 ** (32 - bits);
  return { base: Math.floor(address / size) * size, bits };
}

export function formatCidr(cidr: Cidr): string {
  return `${formatAddress(cidr.base)}/${cidr.bits}`;
}

export function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}

/** The nth address of a range; 1 is the first one a host may have. */
export function nthAddress(cidr: Cidr, n: number): string {
  if (n >= 2 ** (32 - cidr.bits)) throw new RangeError(`${formatCidr(cidr)} has no address ${n}`);
  return formatAddress(cidr.base + n);
}

export function overlaps(a: Cidr, b: Cidr): boolean {
  return a.base < b.base + 2 ** (32 - b.bits) && b.base < a.base + 2 ** (32 - a.bits);
}

/** Private space from which clusters take their ranges; away from Docker's and from what home routers use. */
const podRanges = ranges('10.200.0.0', '10.233.0.0', 24);
const serviceRanges = ranges('10.96.0.0', '10.111.240.0', 20);

/** Ranges for pods and services that touch nothing in `taken`; `start` spreads clusters over the candidates. */
export function pickRanges(taken: readonly Cidr[], start: number): { readonly pod: Cidr; readonly service: Cidr } {
  const pod = pick(podRanges, taken, start);
  const service = pick(serviceRanges, taken, start);
  if (pod === undefined || service === undefined) throw new Error('no free address range for pods and services: every candidate in 10.96.0.0-10.111.255.255 or 10.200.0.0-10.233.255.255 has a route');
  return { pod, service };
}

function pick(candidates: readonly Cidr[], taken: readonly Cidr[], start: number): Cidr | undefined {
  for (let at = 0; at < candidates.length; at++) {
    const candidate = candidates[(start + at) % candidates.length];
    if (candidate !== undefined && taken.every((other) => !overlaps(candidate, other))) return candidate;
  }
  return undefined;
}

function ranges(first: string, last: string, bits: number): readonly Cidr[] {
  const from = parseCidr(first)?.base ?? 0;
  const to = parseCidr(last)?.base ?? 0;
  const size = 2 ** (32 - bits);
  return Array.from({ length: (to - from) / size + 1 }, (_, at) => ({ base: from + at * size, bits }));
}
