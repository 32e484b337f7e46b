import { createHash } from 'node:crypto';
import { boltPages, measureBolt, type BoltContent } from '@rhythm/bolt';

/** Length of a piece of the stream: 16 pages, as little as makes few messages of many bytes. */
const pieceBytes = 64 * 1024;

/** A piece of a snapshot and the bytes of the database that come after it. */
export interface SnapshotPiece {
  readonly blob: Uint8Array;
  readonly remaining: number;
}

/** The database file, then the SHA-256 of it, in pieces: what a snapshot of etcd is. Goes over the content twice and holds a few pages of it. */
export async function* snapshotPieces(content: BoltContent): AsyncGenerator<SnapshotPiece> {
  const layout = await measureBolt(content);
  const hash = createHash('sha256');
  let remaining = layout.bytes;
  let waiting: Uint8Array[] = [];
  let length = 0;
  const piece = (): SnapshotPiece => {
    const blob = Buffer.concat(waiting);
    hash.update(blob);
    remaining -= blob.length;
    waiting = [];
    length = 0;
    return { blob, remaining };
  };
  for await (const page of boltPages(content, layout)) {
    waiting.push(page);
    length += page.length;
    if (length >= pieceBytes) yield piece();
  }
  if (length > 0) yield piece();
  yield { blob: hash.digest(), remaining: 0 };
}
