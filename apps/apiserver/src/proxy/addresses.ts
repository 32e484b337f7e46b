import { BlockList, isIP } from 'node:net';

/** Where no proxied request may go: the server's own machine and what only neighbours on a link should reach (metadata services among it). */
const refused = new BlockList();
refused.addSubnet('0.0.0.0', 8, 'ipv4');
refused.addSubnet('127.0.0.0', 8, 'ipv4');
refused.addSubnet('169.254.0.0', 16, 'ipv4');
refused.addSubnet('224.0.0.0', 4, 'ipv4');
refused.addAddress('255.255.255.255', 'ipv4');
refused.addAddress('::', 'ipv6');
refused.addAddress('::1', 'ipv6');
refused.addSubnet('fe80::', 10, 'ipv6');
refused.addSubnet('ff00::', 8, 'ipv6');

/** Whether an address may be proxied to: a literal one, neither loopback nor link-local, multicast or unspecified. */
export function isProxyableAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 0) return false;
  // An IPv4 address in IPv6 clothes is checked as what it is; BlockList does so by itself, for mapped ones.
  return !refused.check(address, family === 4 ? 'ipv4' : 'ipv6');
}
