/** The few frames of HTTP/2 (RFC 9113) that a client of gRPC needs. */
export const frameTypes = { data: 0, headers: 1, reset: 3, settings: 4, ping: 6, goAway: 7, windowUpdate: 8 } as const;
export const frameHeaderBytes = 9;
export const flags = { endStream: 1, ack: 1, endHeaders: 4, padded: 8 } as const;
export const windowMax = 0x7fff_ffff;

export function frame(type: number, flag: number, stream: number, payload: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(frameHeaderBytes + payload.length);
  bytes.writeUIntBE(payload.length, 0, 3);
  bytes[3] = type;
  bytes[4] = flag;
  bytes.writeUInt32BE(stream, 5);
  bytes.set(payload, frameHeaderBytes);
  return bytes;
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function settings(values: Readonly<Record<number, number>>): Buffer {
  return Buffer.concat(
    Object.entries(values).map(([id, value]) => {
      const bytes = Buffer.allocUnsafe(6);
      bytes.writeUInt16BE(Number(id), 0);
      bytes.writeUInt32BE(value, 2);
      return bytes;
    }),
  );
}

/** The header block of a gRPC call (RFC 7541), without Huffman coding and without a dynamic table: the same bytes each time. */
export function headerBlock(path: string, authority: string): Buffer {
  const text = (value: string): Buffer => {
    if (value.length > 126) throw new Error(`too long for a header here: ${value}`);
    return Buffer.concat([Buffer.of(value.length), Buffer.from(value)]);
  };
  // Indexed: POST, http. Literals with an indexed name: path, authority, content-type. A literal name: te.
  return Buffer.concat([Buffer.of(0x83, 0x86, 0x04), text(path), Buffer.of(0x01), text(authority), Buffer.of(0x0f, 0x10), text('application/grpc'), Buffer.of(0), text('te'), text('trailers')]);
}
