/** The first address of an IPv4 network behind its own: that of the Service `kubernetes`. @throws Error for what is not a CIDR. */
export function firstAddress(cidr: string): string {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(cidr);
  const parts = (match?.slice(1, 5) ?? []).map(Number);
  const bits = Number(match?.[5]);
  if (parts.length !== 4 || parts.some((part) => part > 255) || bits < 8 || bits > 30) throw new Error(`the service CIDR ${JSON.stringify(cidr)} is not an IPv4 network of /8 to /30`);
  const address = parts.reduce((sum, part) => sum * 256 + part, 0);
  const first = address - (address % 2 ** (32 - bits)) + 1;
  return [24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256).join('.');
}
