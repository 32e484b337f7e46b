import type { SnapshotResponse } from '@rhythm/proto/etcd';
import { etcdContent, type SnapshotMember } from '../snapshot/etcd-content.ts';
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
      const head = header(backend, state.mvcc.revision);
      try {
        for await (const { blob, remaining } of snapshotPieces(etcdContent(space, { members: members(backend), isCompacted }))) {
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

function members({ identity, clientUrls }: Backend): SnapshotMember[] {
  return [{ id: identity.memberId, name: identity.name, peerUrls: [], clientUrls: clientUrls(), isLearner: false }];
}
