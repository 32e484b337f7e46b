import type { SpaceWrite } from '@rhythm/disk';
import { metaKey, readCounter } from '@rhythm/mvcc';
import type { LogStart } from '@rhythm/raft';

/** The meta key of a state that came from a leader: where it was when it came. */
export const installedKey = metaKey('installed');

/** Marks a state that is arriving from a leader, so that the log is known to begin behind it. */
export function installedWrite(reader: { get(key: Uint8Array): Uint8Array | undefined }): SpaceWrite {
  const place = reader.get(metaKey('applied'));
  if (place === undefined) throw new Error('the state that arrived does not say where it stands');
  return { key: installedKey, value: place };
}

/** Where in the log a state stands, as it is stored. */
export function encodePlace({ index, term }: LogStart): Uint8Array {
  const value = Buffer.alloc(16);
  value.writeBigInt64BE(BigInt(index));
  value.writeBigInt64BE(BigInt(term), 8);
  return value;
}

export function readPlace(bytes: Uint8Array | undefined): LogStart | undefined {
  return bytes === undefined ? undefined : { index: readCounter(bytes), term: readCounter(bytes.subarray(8)) };
}
