import { overloads, readCost, type Overload } from '../check/overload.ts';
import { perCharacter } from '../run/budget.ts';
import { EvaluationError } from '../run/error.ts';
import { OpaqueValue } from '../run/value.ts';
import { formatIp, parseIp, type Ip } from './ip-text.ts';

class IpValue extends OpaqueValue {
  readonly typeName = 'net.IP';
  readonly ip: Ip;

  constructor(ip: Ip) {
    super();
    this.ip = ip;
  }

  equals(other: OpaqueValue): boolean {
    return other instanceof IpValue && other.ip.family === this.ip.family && other.ip.value === this.ip.value;
  }
}

class CidrValue extends OpaqueValue {
  readonly typeName = 'net.CIDR';
  readonly ip: Ip;
  readonly length: number;

  constructor(ip: Ip, length: number) {
    super();
    this.ip = ip;
    this.length = length;
  }

  equals(other: OpaqueValue): boolean {
    return other instanceof CidrValue && other.length === this.length && other.ip.family === this.ip.family && other.ip.value === this.ip.value;
  }
}

/** Kubernetes' IP and CIDR libraries. */
export const addresses: readonly Overload[] = overloads([
  ['ip(string): net.IP', ip, readCost],
  ['isIP(string): bool', (text: string) => parseIp(text) !== undefined, readCost],
  ['isIP(string, int): bool', (text: string, family: bigint) => parseIp(text)?.family === Number(family), readCost],
  ['ip.isCanonical(string): bool', (text: string) => formatIp(ip(text).ip) === text, readCost],
  ['string(net.IP): string', (value: IpValue) => formatIp(value.ip)],
  ['(net.IP).family(): int', (value: IpValue) => BigInt(value.ip.family)],
  ['(net.IP).isUnspecified(): bool', (value: IpValue) => value.ip.value === 0n],
  ['(net.IP).isLoopback(): bool', (value: IpValue) => (value.ip.family === 4 ? inside(value.ip, '127.0.0.0', 8) : value.ip.value === 1n)],
  ['(net.IP).isLinkLocalMulticast(): bool', (value: IpValue) => inside(value.ip, '224.0.0.0', 24) || inside(value.ip, 'ff02::', 16)],
  ['(net.IP).isLinkLocalUnicast(): bool', (value: IpValue) => isLinkLocal(value.ip)],
  ['(net.IP).isGlobalUnicast(): bool', (value: IpValue) => isGlobalUnicast(value.ip)],
  ['cidr(string): net.CIDR', cidr, readCost],
  ['isCIDR(string): bool', (text: string) => parseCidr(text) !== undefined, readCost],
  ['string(net.CIDR): string', (value: CidrValue) => `${formatIp(value.ip)}/${value.length}`],
  ['(net.CIDR).containsIP(net.IP): bool', (value: CidrValue, address: IpValue) => contains(value, address.ip)],
  ['(net.CIDR).containsIP(string): bool', (value: CidrValue, text: string) => contains(value, ip(text).ip), ([, size = 1]) => Math.max(1, size * perCharacter)],
  ['(net.CIDR).containsCIDR(net.CIDR): bool', (value: CidrValue, other: CidrValue) => containsCidr(value, other)],
  ['(net.CIDR).containsCIDR(string): bool', (value: CidrValue, text: string) => containsCidr(value, cidr(text)), ([, size = 1]) => Math.max(1, size * perCharacter)],
  ['(net.CIDR).ip(): net.IP', (value: CidrValue) => new IpValue(value.ip)],
  ['(net.CIDR).masked(): net.CIDR', (value: CidrValue) => new CidrValue(masked(value.ip, value.length), value.length)],
  ['(net.CIDR).prefixLength(): int', (value: CidrValue) => BigInt(value.length)],
]);

function ip(text: string): IpValue {
  const found = parseIp(text);
  if (found === undefined) throw new EvaluationError(`IP Address ${JSON.stringify(text.slice(0, 64))} parse error during conversion from string`);
  return new IpValue(found);
}

function cidr(text: string): CidrValue {
  const found = parseCidr(text);
  if (found === undefined) throw new EvaluationError(`network address parse error during conversion from string: ${JSON.stringify(text.slice(0, 64))}`);
  return found;
}

function parseCidr(text: string): CidrValue | undefined {
  const [, address = '', digits = ''] = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(text) ?? [];
  const found = parseIp(address);
  const length = Number(digits);
  return found === undefined || length > bits(found) ? undefined : new CidrValue(found, length);
}

const bits = ({ family }: Ip): number => (family === 4 ? 32 : 128);

function masked(address: Ip, length: number): Ip {
  const shift = BigInt(bits(address) - length);
  return { family: address.family, value: (address.value >> shift) << shift };
}

function contains(network: CidrValue, address: Ip): boolean {
  return network.ip.family === address.family && masked(network.ip, network.length).value === masked(address, network.length).value;
}

function containsCidr(network: CidrValue, other: CidrValue): boolean {
  return other.length >= network.length && contains(network, masked(other.ip, other.length));
}

function inside(address: Ip, network: string, length: number): boolean {
  const found = parseIp(network);
  return found !== undefined && contains(new CidrValue(found, length), address);
}

const isLinkLocal = (address: Ip): boolean => inside(address, '169.254.0.0', 16) || inside(address, 'fe80::', 10);

function isGlobalUnicast(address: Ip): boolean {
  if (address.value === 0n || isLinkLocal(address)) return false;
  if (address.family === 4) return !inside(address, '127.0.0.0', 8) && !inside(address, '224.0.0.0', 4) && address.value !== 0xffffffffn;
  return address.value !== 1n && !inside(address, 'ff00::', 8);
}
