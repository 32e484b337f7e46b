/** The few messages of etcd's file that are no part of its API: leases, and fields of 64 bits big endian. */

/** leasepb.Lease: id, granted time to live, and what was left of it at the last checkpoint (0: none was made), in seconds. */
export interface StoredLease {
  readonly id: bigint;
  readonly ttl: bigint;
  readonly remaining: bigint;
}

export function encodeLease({ id, ttl, remaining }: StoredLease): Uint8Array {
  return Buffer.from([...varintField(0x08, id), ...varintField(0x10, ttl), ...varintField(0x18, remaining)]);
}

/** Throws for bytes that are no lease. */
export function decodeLease(bytes: Uint8Array): StoredLease {
  const fields = new Map<number, bigint>();
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes[at++] ?? 0;
    if (tag !== 0x08 && tag !== 0x10 && tag !== 0x18) throw new Error(`a lease has an unknown field (tag ${tag})`);
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined || shift > 63n) throw new Error('a lease ends inside a number');
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    fields.set(tag, BigInt.asIntN(64, value));
  }
  return { id: fields.get(0x08) ?? 0n, ttl: fields.get(0x10) ?? 0n, remaining: fields.get(0x18) ?? 0n };
}

export function uint64(value: bigint | number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

export function readUint64(bytes: Uint8Array): bigint {
  return Buffer.from(bytes).readBigUInt64BE();
}

function varintField(tag: number, value: bigint): number[] {
  if (value === 0n) return [];
  const bytes = [tag];
  let rest = BigInt.asUintN(64, value);
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return bytes;
}
