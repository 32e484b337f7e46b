import type { LogPayload } from '@rhythm/disk';
import type { Entry, HardState, LogStart } from '@rhythm/raft';

/** What a record of the log says (docs/store.md). */
export type LogItem =
  | { readonly kind: 'entry'; readonly entry: Entry }
  | { readonly kind: 'hard-state'; readonly hardState: HardState }
  /** A state came from the leader: the entries before this record are void, the next one follows `start`. */
  | { readonly kind: 'start'; readonly start: LogStart };

const entryKind = 1;
const hardStateKind = 2;
const startKind = 3;
const entryHeaderBytes = 18;
const hardStateBytes = 25;
const startBytes = 17;

/** Put into the log's own memory, so that its data is copied once. */
export function entryPayload(entry: Entry): LogPayload {
  return {
    length: entryHeaderBytes + entry.data.length,
    write: (into, at) => {
      into[at] = entryKind;
      into.writeDoubleLE(entry.term, at + 1);
      into.writeDoubleLE(entry.index, at + 9);
      into[at + 17] = entry.type === 'normal' ? 0 : 1;
      into.set(entry.data, at + entryHeaderBytes);
    },
  };
}

export function encodeHardState(hardState: HardState): Uint8Array {
  const bytes = Buffer.allocUnsafe(hardStateBytes);
  bytes[0] = hardStateKind;
  bytes.writeDoubleLE(hardState.term, 1);
  bytes.writeBigUInt64LE(hardState.vote, 9);
  bytes.writeDoubleLE(hardState.commit, 17);
  return bytes;
}

export function encodeStart({ index, term }: LogStart): Uint8Array {
  const bytes = Buffer.allocUnsafe(startBytes);
  bytes[0] = startKind;
  bytes.writeDoubleLE(term, 1);
  bytes.writeDoubleLE(index, 9);
  return bytes;
}

/** Throws for a record whose checksum was right and whose content makes no sense: it was written by something else. */
export function decodeLogItem(payload: Uint8Array): LogItem {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  if (bytes[0] === entryKind && bytes.length >= entryHeaderBytes) {
    const type = bytes[17] === 0 ? 'normal' : 'config';
    return { kind: 'entry', entry: { term: bytes.readDoubleLE(1), index: bytes.readDoubleLE(9), type, data: bytes.subarray(entryHeaderBytes) } };
  }
  if (bytes[0] === hardStateKind && bytes.length === hardStateBytes) {
    return { kind: 'hard-state', hardState: { term: bytes.readDoubleLE(1), vote: bytes.readBigUInt64LE(9), commit: bytes.readDoubleLE(17) } };
  }
  if (bytes[0] === startKind && bytes.length === startBytes) return { kind: 'start', start: { term: bytes.readDoubleLE(1), index: bytes.readDoubleLE(9) } };
  throw new Error(`a record of the log has kind ${bytes[0]} and ${bytes.length} bytes: it was not written by this version`);
}
