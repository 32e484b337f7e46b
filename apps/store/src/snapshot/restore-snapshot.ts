import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { levelSpace, nodeFiles, type KeyValueSpace } from '@rhythm/disk';
import { metaKey } from '@rhythm/mvcc';
import { counterWrites, importEtcd, type Imported } from './etcd-import.ts';
import { uint64 } from './etcd-messages.ts';
import { initialIds, parseInitialCluster, type InitialIds } from '../members/initial-cluster.ts';
import { openSnapshot, SnapshotError, verifySnapshot, type OpenSnapshot } from './snapshot-file.ts';
import { snapshotStatus } from './snapshot-status.ts';

export interface RestoreOptions {
  readonly path: string;
  readonly dataDir: string;
  /** Which member of the new cluster the folder is for. */
  readonly name: string;
  /** `name=url,…`, the same for every member. */
  readonly initialCluster: string;
  readonly initialAdvertisePeerUrls: readonly string[];
  readonly initialClusterToken: string;
  readonly skipHashCheck: boolean;
  /** How much the newest revision goes up, so that none that a client may have seen after the snapshot comes again. */
  readonly bumpRevision: number;
  /** Everything before the newest revision counts as compacted: watches from the time before are told to begin anew. */
  readonly markCompacted: boolean;
}

export interface Restored extends InitialIds {
  readonly memberId: bigint;
  readonly revision: number;
  readonly keys: number;
}

/**
 * Makes the data folder of one member of a new cluster out of a snapshot of ours or of etcd's, or a copy of an etcd member's database. The ids of the cluster and of
 * its members follow from the cluster's description and from the snapshot: members of the cluster before, which would go on with a state
 * of their own, have other ids and are not heard. The folder appears whole or not at all.
 * @throws SnapshotError naming what is damaged or does not fit
 */
export async function restoreSnapshot(options: RestoreOptions): Promise<Restored> {
  if (options.bumpRevision > 0 !== options.markCompacted) throw new SnapshotError('--bump-revision and --mark-compacted go together');
  const cluster = parseInitialCluster(options.initialCluster);
  const own = cluster.get(options.name);
  if (own === undefined) throw new SnapshotError(`the initial cluster has no member "${options.name}"`);
  const advertised = [...options.initialAdvertisePeerUrls].sort().join();
  if ([...own].sort().join() !== advertised) throw new SnapshotError(`the initial cluster says that "${options.name}" is at ${own.join()}, --initial-advertise-peer-urls says ${advertised}`);
  await requireAbsent(options.dataDir);
  const snapshot = await openSnapshot(options.path);
  try {
    if (!snapshot.hasTrailer && !options.skipHashCheck) {
      throw new SnapshotError(`${options.path} does not end with a hash of itself: it is no saved snapshot but a copy of a database, or cut off; --skip-hash-check restores it nevertheless`);
    }
    await verifySnapshot(snapshot, { skipHash: options.skipHashCheck });
    const { hash } = await snapshotStatus(snapshot);
    const ids = initialIds(cluster, `${options.initialClusterToken} ${hash.toString(16)}`);
    const memberId = ids.memberIds.get(options.name);
    if (memberId === undefined) throw new SnapshotError(`the initial cluster has no member "${options.name}"`);
    const members = [...cluster].map(([name, peerUrls]) => ({ id: (ids.memberIds.get(name) ?? 0n).toString(16), name, peerUrls, clientUrls: [] }));
    const imported = await fill(options, snapshot, { name: options.name, clusterId: ids.clusterId.toString(16), memberId: memberId.toString(16) }, { voters: members.map(({ id }) => id), cluster: ids.clusterId.toString(16), members });
    return { ...ids, memberId, ...imported };
  } finally {
    await snapshot.close();
  }
}

/** Fills a folder beside the wanted one, and renames it. */
async function fill(options: RestoreOptions, snapshot: OpenSnapshot, identity: object, members: object): Promise<{ readonly revision: number; readonly keys: number }> {
  const folder = `${options.dataDir}.restoring`;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  try {
    const space = await levelSpace(join(folder, 'state'));
    try {
      const imported = await importEtcd(snapshot.file, space).catch((error: unknown) => {
        throw new SnapshotError(`${options.path} is damaged`, { cause: error });
      });
      const revision = imported.revision + options.bumpRevision;
      await finish(space, { ...imported, revision, compacted: options.markCompacted ? revision : imported.compacted }, members);
      await writeDurably(join(folder, 'member.json'), `${JSON.stringify(identity)}\n`);
      // The names of the files, and then of the folder.
      await nodeFiles(join(folder, 'log'));
      await syncFolder(folder);
      await space.close();
      await requireAbsent(options.dataDir);
      await rename(folder, options.dataDir);
      await syncFolder(dirname(options.dataDir));
      return { revision, keys: imported.keys };
    } catch (error) {
      await space.close();
      throw error;
    }
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** What makes the imported values a state: where the log goes on, counters, members. With it all of it is on the disk. */
async function finish(space: KeyValueSpace, imported: Imported, members: object): Promise<void> {
  const applied = Buffer.concat([uint64(Math.max(1, imported.index)), uint64(Math.max(1, imported.term))]);
  await space.batch([...counterWrites(imported), { key: metaKey('applied'), value: applied }, { key: metaKey('members'), value: Buffer.from(JSON.stringify(members)) }], true);
}

/** An empty folder may be there: it is replaced. */
async function requireAbsent(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new SnapshotError(`${folder} cannot be used`, { cause: error });
  });
  if (names.length > 0) throw new SnapshotError(`${folder} is not empty: a snapshot is restored into a new folder only`);
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
