import { metaKey, readCounter } from '@rhythm/mvcc';
import type { SnapshotResponse } from '@rhythm/proto/etcd';
import type { State } from '../host/state.ts';
import { etcdContent, type SnapshotMember } from '../snapshot/etcd-content.ts';
import { metaNames } from '../snapshot/etcd-names.ts';
import { contentHash } from '../snapshot/snapshot-status.ts';
import { snapshotPieces } from '../snapshot/snapshot-stream.ts';
import { etcdError } from './errors.ts';
import { header, type Backend } from './header.ts';

/** Snapshots under way at a time: each keeps what is removed meanwhile on the disk. */
const snapshotsMax = 4;
/** The layout of the file. */
const layoutVersion = '3.5.0';

/** Maintenance.Snapshot: the state of one moment as etcd's database file, while reads and writes go on. */
export function snapshotStreams(backend: Backend): () => AsyncGenerator<SnapshotResponse> {
  let underWay = 0;
  return async function* () {
    if (underWay >= snapshotsMax) throw etcdError('TooManyRequests');
    underWay++;
    try {
      const { state } = backend.host;
      const { space, isCompacted } = await state.snapshot();
      // The newest revision of what is sent: more may have been applied since.
      const head = header(backend, Math.max(1, readCounter(space.get(metaKey('revision')) ?? new Uint8Array(8))));
      try {
        for await (const { blob, remaining } of snapshotPieces(etcdContent(space, { members: membersOf(state), isCompacted }))) {
          yield { header: head, remainingBytes: BigInt(remaining), blob, version: layoutVersion };
        }
      } finally {
        await space.close();
      }
    } finally {
      underWay--;
    }
  };
}

/** etcd's hash of everything that is stored, other than where the log stands: of no use but to compare members that are idle. */
export async function backendHash(backend: Backend): Promise<number> {
  const { state } = backend.host;
  const { space, isCompacted } = await state.snapshot();
  try {
    return await contentHash(etcdContent(space, { members: membersOf(state), isCompacted }), unhashed);
  } finally {
    await space.close();
  }
}

const unhashed: ReadonlySet<string> = new Set([metaNames.consistentIndex, metaNames.term]);

function membersOf({ members }: State): SnapshotMember[] {
  return members.list().map((member) => ({ ...member, isLearner: members.isLearner(member.id) }));
}
