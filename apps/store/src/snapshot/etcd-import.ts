import { BucketReader, type BoltFile } from '@rhythm/bolt';
import type { KeyValueSpace, SpaceWrite } from '@rhythm/disk';
import { counterWrite, decodeKeyValue, leaseKey, parseDataKey } from '@rhythm/mvcc';
import { authPlaces } from '../auth/records.ts';
import { buckets, authNames, metaNames } from './etcd-names.ts';
import { decodeLease, readUint64 } from './etcd-messages.ts';

/** Bytes written in one batch. */
const batchBytesMax = 4 * 1024 * 1024;
const dataTag = 0x6b;
const revisionBytes = 17;

/** What a file holds, once it is in the key space. */
export interface Imported {
  /** The newest revision. */
  readonly revision: number;
  /** Reads below it are refused; -1 when nothing was compacted. */
  readonly compacted: number;
  /** Where the log stood, both 0 in a file of a cluster that never wrote. */
  readonly index: number;
  readonly term: number;
  readonly keys: number;
}

/**
 * Puts everything that is state into an empty key space: keys with their history, leases, users and roles. Members and alarms
 * are those of a cluster that is left behind. Holds one batch in memory. Throws for values that make no sense, naming them.
 */
export async function importEtcd(file: BoltFile, space: KeyValueSpace): Promise<Imported> {
  const batch = new Batch(space);
  const { root } = file;
  if ((await root.bucket(buckets.key)) === undefined) throw new Error(`there is no bucket "${buckets.key}": this is a bolt database, but not etcd's`);
  const { newest, keys } = await importKeys(await root.bucket(buckets.key), batch);
  await importLeases(await root.bucket(buckets.lease), batch);
  await importAuth(root, batch);
  const meta = await root.bucket(buckets.meta);
  const number = async (name: string): Promise<number> => Number(readUint64((await valueOf(meta, name, 8)) ?? new Uint8Array(8)));
  const compactions = await Promise.all([metaNames.scheduledCompaction, metaNames.finishedCompaction].map((name) => valueOf(meta, name, 8)));
  const compacted = Math.max(-1, ...compactions.map((bytes) => (bytes === undefined ? -1 : Number(readUint64(bytes.subarray(0, 8))))));
  await batch.flush();
  return { revision: Math.max(newest, compacted, 1), compacted, index: await number(metaNames.consistentIndex), term: await number(metaNames.term), keys };
}

/** The counters of the state as they are after a restore. */
export function counterWrites({ revision, compacted }: { readonly revision: number; readonly compacted: number }): SpaceWrite[] {
  return [counterWrite('revision', revision), ...(compacted > 0 ? [counterWrite('compacted', compacted)] : [])];
}

async function importKeys(bucket: BucketReader | undefined, batch: Batch): Promise<{ readonly newest: number; readonly keys: number }> {
  let newest = 0;
  let keys = 0;
  for await (const [key, value] of valuesOf(bucket)) {
    const diskKey = Buffer.concat([Uint8Array.of(dataTag), key]);
    const place = parseDataKey(diskKey);
    if (place === undefined || key.length < revisionBytes) throw new Error(`the bucket "${buckets.key}" holds a key that is no revision: ${Buffer.from(key).toString('hex')}`);
    newest = Math.max(newest, place.revision.main);
    // `etcdutl snapshot restore --bump-revision` leaves an empty value whose only meaning is its revision.
    if (value.length === 0) continue;
    checkValue(value, place.revision);
    await batch.put(diskKey, value);
    keys++;
  }
  return { newest, keys };
}

function checkValue(value: Uint8Array, { main, sub }: { readonly main: number; readonly sub: number }): void {
  try {
    if (decodeKeyValue(value).key.length === 0) throw new Error('it has no key');
  } catch (error) {
    throw new Error(`the value of revision ${main}.${sub} is damaged`, { cause: error });
  }
}

async function importLeases(bucket: BucketReader | undefined, batch: Batch): Promise<void> {
  for await (const [, value] of valuesOf(bucket)) {
    const { id, ttl, remaining } = decodeLease(value);
    const bytes = Buffer.alloc(remaining > 0n ? 16 : 8);
    bytes.writeBigInt64BE(ttl);
    if (remaining > 0n) bytes.writeBigInt64BE(remaining, 8);
    await batch.put(leaseKey(id), bytes);
  }
}

/** Users and roles are kept as etcd keeps them. */
async function importAuth(root: BucketReader, batch: Batch): Promise<void> {
  const named = [
    [buckets.authUsers, authPlaces.user],
    [buckets.authRoles, authPlaces.role],
  ] as const;
  for (const [name, prefix] of named) {
    for await (const [key, value] of valuesOf(await root.bucket(name))) await batch.put(Buffer.concat([prefix, key]), value);
  }
  const auth = await root.bucket(buckets.auth);
  const enabled = await valueOf(auth, authNames.enabled, 1);
  const revision = await valueOf(auth, authNames.revision, 8);
  if (enabled !== undefined) await batch.put(authPlaces.enabled, enabled);
  if (revision !== undefined) await batch.put(authPlaces.revision, revision);
}

async function* valuesOf(bucket: BucketReader | undefined): AsyncGenerator<readonly [Uint8Array, Uint8Array]> {
  if (bucket === undefined) return;
  for await (const slice of bucket.entries()) {
    for (const [key, value] of slice) {
      if (value instanceof BucketReader) throw new Error(`there is a bucket where a value should be: ${Buffer.from(key).toString()}`);
      yield [key, value];
    }
  }
}

async function valueOf(bucket: BucketReader | undefined, name: string, bytesMin: number): Promise<Uint8Array | undefined> {
  const value = await bucket?.get(Buffer.from(name));
  if (value === undefined || value instanceof BucketReader) return undefined;
  if (value.length < bytesMin) throw new Error(`"${name}" has ${value.length} bytes, not ${bytesMin}`);
  return value;
}

/** Writes in batches; the last one is synced by whoever writes it. */
class Batch {
  readonly #space: KeyValueSpace;
  #writes: SpaceWrite[] = [];
  #bytes = 0;

  constructor(space: KeyValueSpace) {
    this.#space = space;
  }

  async put(key: Uint8Array, value: Uint8Array): Promise<void> {
    this.#writes.push({ key, value });
    this.#bytes += key.length + value.length;
    if (this.#bytes >= batchBytesMax) await this.flush();
  }

  async flush(): Promise<void> {
    const writes = this.#writes;
    this.#writes = [];
    this.#bytes = 0;
    await this.#space.batch(writes, false);
  }
}
