/** A range of IPv4 addresses in CIDR form, with what services may use of it. */
export class Ipv4Range {
  readonly cidr: string;
  /** First and last usable address: network and broadcast address are neither. */
  readonly first: number;
  readonly last: number;

  /** @throws Error when `cidr` is not an IPv4 network between /8 and /28. */
  constructor(cidr: string) {
    const match = /^(\d+\.\d+\.\d+\.\d+)\/(\d+)$/.exec(cidr);
    const address = parseIpv4(match?.[1] ?? '');
    const bits = Number(match?.[2]);
    if (match === null || address === undefined || bits < 8 || bits > 28) throw new Error(`${JSON.stringify(cidr)} is not an IPv4 network from /8 to /28, which the service range must be`);
    const size = 2 ** (32 - bits);
    const network = address - (address % size);
    this.cidr = `${formatIpv4(network)}/${bits}`;
    this.first = network + 1;
    this.last = network + size - 2;
  }

  get size(): number {
    return this.last - this.first + 1;
  }

  has(address: number): boolean {
    return address >= this.first && address <= this.last;
  }

  /** The `n`th usable address, from 1: 1 is the API server's service, 10 the DNS'. */
  nth(n: number): string {
    return formatIpv4(this.first + n - 1);
  }

  /**
   * Where addresses for services that name none begin: the lower part is left to those that choose theirs (KEP-3070),
   * a sixteenth of the range, at least 16 and at most 256 addresses.
   */
  get dynamicFirst(): number {
    const size = this.size + 2;
    return size <= 16 ? this.first : this.first + Math.min(Math.max(16, Math.floor(size / 16)), 256);
  }
}

/** The address as a number; `undefined` for anything but four plain decimal bytes. */
export function parseIpv4(text: string): number | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let value = 0;
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    value = value * 256 + Number(part);
  }
  return value;
}

export function formatIpv4(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}
