/** Whether a text is an IPv4 or IPv6 address; leading zeros in IPv4 are refused. */
export function ipFamilyOf(text: string): 'IPv4' | 'IPv6' | undefined {
  if (isIPv4(text)) return 'IPv4';
  return isIPv6(text) ? 'IPv6' : undefined;
}

export function checkIp(text: string): string[] {
  return ipFamilyOf(text) === undefined ? ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'] : [];
}

/** An address as it is written by everybody alike (RFC 5952): what names of objects are made of. */
export function checkCanonicalIp(text: string): string[] {
  const wrong = checkIp(text);
  if (wrong.length > 0) return wrong;
  if (isIPv4(text)) return [];
  const bits = bitsOfIPv6(text);
  if (bits >> 32n === 0xffffn) return ['must not be an IPv4-mapped IPv6 address'];
  const canonical = canonicalIPv6(bits);
  return canonical === text ? [] : [`must be in canonical form (${JSON.stringify(canonical)})`];
}

/** Groups in lower case without leading zeros, the first longest run of two zero groups or more left out. */
function canonicalIPv6(bits: bigint): string {
  const groups = Array.from({ length: 8 }, (_, i) => ((bits >> BigInt(112 - 16 * i)) & 0xffffn).toString(16));
  const runs = groups.map((_, start) => groups.slice(start).findIndex((group) => group !== '0')).map((length, start) => (length < 0 ? 8 - start : length));
  const longest = Math.max(...runs);
  if (longest < 2) return groups.join(':');
  const start = runs.indexOf(longest);
  return `${groups.slice(0, start).join(':')}::${groups.slice(start + longest).join(':')}`;
}

/** Addresses that no traffic from elsewhere can be for: unspecified, loopback, link-local. */
export function checkNonSpecialIp(text: string): string[] {
  const wrong = checkIp(text);
  if (wrong.length > 0) return wrong;
  const lower = text.toLowerCase();
  if (text === '0.0.0.0' || lower === '::') return [`may not be unspecified (${text})`];
  if (text.startsWith('127.') || lower === '::1') return ['may not be in the loopback range (127.0.0.0/8, ::1/128)'];
  if (text.startsWith('169.254.') || /^fe[89ab]/.test(lower)) return ['may not be in the link-local range (169.254.0.0/16, fe80::/10)'];
  if (text.startsWith('224.0.0.') || lower.startsWith('ff02:')) return ['may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)'];
  return [];
}

export function checkCidr(text: string): string[] {
  const [address = '', length = '', ...more] = text.split('/');
  const family = ipFamilyOf(address);
  const fits = /^\d{1,3}$/.test(length) && Number(length) <= (family === 'IPv6' ? 128 : 32);
  return family !== undefined && fits && more.length === 0 ? [] : ['must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'];
}

/** The same, and no bits beyond the prefix: what names a network, not an address in it. */
export function checkNetworkCidr(text: string): string[] {
  const wrong = checkCidr(text);
  if (wrong.length > 0) return wrong;
  const [address = '', length = ''] = text.split('/');
  const bits = addressBits(address);
  return bits.includes('1', Number(length)) ? ['must not have bits set beyond the prefix length'] : [];
}

/** An address as 32 or 128 zeros and ones. */
function addressBits(address: string): string {
  const ofParts = (parts: readonly number[], width: number): string => parts.map((part) => part.toString(2).padStart(width, '0')).join('');
  const ofIPv4 = (text: string): string => ofParts(text.split('.').map(Number), 8);
  if (isIPv4(address)) return ofIPv4(address);
  const ofGroups = (text: string): string => text.split(':').filter((group) => group !== '').map((group) => (group.includes('.') ? ofIPv4(group) : ofParts([Number.parseInt(group, 16)], 16))).join('');
  const [head = '', tail = ''] = address.split('::');
  const [before, after] = [ofGroups(head), ofGroups(tail)];
  return before + '0'.repeat(128 - before.length - after.length) + after;
}

function isIPv4(text: string): boolean {
  const parts = text.split('.');
  return parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
}

function isIPv6(text: string): boolean {
  if (text.length > 45 || !text.includes(':')) return false;
  const halves = text.split('::');
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  const last = groups.at(-1) ?? '';
  const embedded = last.includes('.');
  if (embedded && !isIPv4(last)) return false;
  const plain = embedded ? groups.slice(0, -1) : groups;
  if (!plain.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return false;
  const count = plain.length + (embedded ? 2 : 0);
  return halves.length === 2 ? count < 8 : count === 8;
}

/** Whether a network lies within another and is smaller: both of one family and well formed. */
export function isSubnet(inner: string, outer: string): boolean {
  const small = networkOf(inner);
  const big = networkOf(outer);
  if (small === undefined || big === undefined || small.width !== big.width || small.prefix <= big.prefix) return false;
  const shift = BigInt(big.width - big.prefix);
  return small.address >> shift === big.address >> shift;
}

function networkOf(cidr: string): { readonly address: bigint; readonly prefix: number; readonly width: 32 | 128 } | undefined {
  if (checkCidr(cidr).length > 0) return undefined;
  const [text = '', length = ''] = cidr.split('/');
  const v4 = isIPv4(text);
  return { address: v4 ? bitsOfIPv4(text) : bitsOfIPv6(text), prefix: Number(length), width: v4 ? 32 : 128 };
}

function bitsOfIPv4(text: string): bigint {
  return text.split('.').reduce((bits, part) => (bits << 8n) | BigInt(part), 0n);
}

function bitsOfIPv6(text: string): bigint {
  const [head = '', tail] = text.split('::');
  const groups = (half: string): bigint[] => half.split(':').filter((g) => g !== '').flatMap((g) => (g.includes('.') ? [bitsOfIPv4(g) >> 16n, bitsOfIPv4(g) & 0xffffn] : [BigInt(`0x${g}`)]));
  const left = groups(head);
  const right = groups(tail ?? '');
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => 0n);
  return [...left, ...(tail === undefined ? [] : zeros), ...right].reduce((bits, group) => (bits << 16n) | group, 0n);
}
