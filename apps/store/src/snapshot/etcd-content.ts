import type { BoltContent, BoltEntry } from '@rhythm/bolt';
import type { SpaceReader } from '@rhythm/disk';
import { dataFamily, dataKey, leaseFamily, metaKey, parseLeaseKey, prefixEnd, readCounter, revisionBytes } from '@rhythm/mvcc';
import { alarmPrefix } from '../alarms/machine.ts';
import { authPlaces } from '../auth/records.ts';
import { authNames, buckets, metaNames } from './etcd-names.ts';
import { encodeLease, uint64 } from './etcd-messages.ts';

/** A member as etcd's file names it. */
export interface SnapshotMember {
  readonly id: bigint;
  readonly name: string;
  readonly peerUrls: readonly string[];
  readonly clientUrls: readonly string[];
  readonly isLearner: boolean;
}

/** What the file says besides the keys. */
export interface SnapshotDetails {
  readonly members: readonly SnapshotMember[];
  /** Nothing at or below the compacted revision is left to be removed. */
  readonly isCompacted: boolean;
}

const text = (value: string): Uint8Array => Buffer.from(value);

/**
 * The state as the content of etcd's database file, in the layout of etcd 3.5, which 3.4 reads and 3.6 brings up to date. `cluster` stays
 * empty: with a version of the cluster in it, an older etcd would refuse to be downgraded. Can be gone through more than once.
 */
export function etcdContent(state: SpaceReader, details: SnapshotDetails): BoltContent {
  const small: Readonly<Record<string, readonly BoltEntry[]>> = {
    [buckets.auth]: [
      [text(authNames.enabled), state.get(authPlaces.enabled) ?? Uint8Array.of(0)],
      [text(authNames.revision), state.get(authPlaces.revision) ?? uint64(1)],
    ],
    [buckets.cluster]: [],
    [buckets.members]: members(details.members),
    [buckets.membersRemoved]: [],
    [buckets.meta]: meta(state, details),
  };
  const large: Readonly<Record<string, BoltContent>> = {
    [buckets.alarm]: () => alarms(state),
    [buckets.authRoles]: () => named(state, authPlaces.role),
    [buckets.authUsers]: () => named(state, authPlaces.user),
    [buckets.key]: () => keys(state),
    [buckets.lease]: () => leases(state),
  };
  const all = { ...Object.fromEntries(Object.entries(small).map(([name, entries]) => [name, once(entries)])), ...large };
  return once(sorted(Object.entries(all).map(([name, content]): BoltEntry => [text(name), content])));
}

/** What is stored of a revision is etcd's own, byte for byte. */
async function* keys(state: SpaceReader): AsyncGenerator<BoltEntry[]> {
  for await (const slice of state.entries(dataFamily.start, dataFamily.end)) yield slice.map(([key, value]) => [revisionBytes(key), value]);
}

/** Ids are stored as they count, negative ones last: the same order as the eight bytes have. */
async function* leases(state: SpaceReader): AsyncGenerator<BoltEntry[]> {
  for await (const slice of state.entries(leaseFamily.start, leaseFamily.end)) {
    yield slice.map(([key, value]) => {
      const id = parseLeaseKey(key);
      return [key.subarray(1), encodeLease({ id, ttl: BigInt(readCounter(value)), remaining: value.length > 8 ? BigInt(readCounter(value.subarray(8))) : 0n })];
    });
  }
}

/** Users or roles: our key is a prefix and the name, the value etcd's own message. */
async function* named(state: SpaceReader, prefix: Uint8Array): AsyncGenerator<BoltEntry[]> {
  const end = prefixEnd(prefix);
  if (end === undefined) return;
  for await (const slice of state.entries(prefix, end)) yield slice.map(([key, value]) => [key.subarray(prefix.length), value]);
}

/** etcd keeps an alarm's message as the key. There are few. */
async function* alarms(state: SpaceReader): AsyncGenerator<BoltEntry[]> {
  const found: BoltEntry[] = [];
  const end = prefixEnd(alarmPrefix);
  if (end === undefined) return;
  for await (const slice of state.entries(alarmPrefix, end)) for (const [, value] of slice) found.push([value, new Uint8Array(0)]);
  yield sorted(found);
}

function members(all: readonly SnapshotMember[]): BoltEntry[] {
  return sorted(all.map((member): BoltEntry => [text(member.id.toString(16)), text(memberJson(member))]));
}

function meta(state: SpaceReader, { members: all, isCompacted }: SnapshotDetails): BoltEntry[] {
  const applied = state.get(metaKey('applied'));
  const compactedBytes = state.get(metaKey('compacted'));
  const compacted = compactedBytes === undefined ? -1 : readCounter(compactedBytes);
  const revision = revisionBytes(dataKey({ main: Math.max(compacted, 0), sub: 0 }));
  const entries: BoltEntry[] = [
    [text(metaNames.confState), text(confStateJson(all))],
    [text(metaNames.consistentIndex), uint64(applied === undefined ? 0 : readCounter(applied))],
    [text(metaNames.term), uint64(applied === undefined ? 0 : readCounter(applied.subarray(8)))],
  ];
  if (compacted > 0) entries.push([text(metaNames.scheduledCompaction), revision]);
  if (compacted > 0 && isCompacted) entries.push([text(metaNames.finishedCompaction), revision]);
  return sorted(entries);
}

/** By hand: ids are numbers of 64 bits, which JSON.stringify cannot write. */
function memberJson({ id, name, peerUrls, clientUrls, isLearner }: SnapshotMember): string {
  const learner = isLearner ? ',"isLearner":true' : '';
  return `{"id":${id},"peerURLs":${JSON.stringify(peerUrls)}${learner},"name":${JSON.stringify(name)},"clientURLs":${JSON.stringify(clientUrls)}}`;
}

function confStateJson(all: readonly SnapshotMember[]): string {
  const ids = (isLearner: boolean): string => all.filter((member) => member.isLearner === isLearner).map(({ id }) => String(id)).join(',');
  const learners = ids(true);
  return `{"voters":[${ids(false)}]${learners === '' ? '' : `,"learners":[${learners}]`},"auto_leave":false}`;
}

function sorted(entries: readonly BoltEntry[]): BoltEntry[] {
  return entries.toSorted(([a], [b]) => Buffer.compare(a, b));
}

function once(entries: readonly BoltEntry[]): BoltContent {
  return async function* () {
    yield entries;
  };
}
