import { counterWrite, dataFamily, dataKey, decodeKeyValue, keyText, metaKey, Mvcc, parseDataKey, readCounter, type Applied, type Command, type Write } from '@rhythm/mvcc';
import { simpleMembership, type LogStart, type Membership, type NodeId } from '@rhythm/raft';
import type { Seen, SpaceChange, SpaceDisk } from '@rhythm/simulator';

const text = (name: string): string => keyText(metaKey(name));
const isData = (key: string): boolean => key >= keyText(dataFamily.start) && key < keyText(dataFamily.end);

/** The applied state on a simulated key space, written as docs/store.md says: data, applied index and membership in one batch. */
export class SimState {
  readonly mvcc = new Mvcc();
  membership: Membership;
  applied: LogStart = { index: 0, term: 0 };
  /** What a power cut leaves. */
  durable = 0;
  readonly #space: SpaceDisk;
  readonly #splitsApplied: boolean;
  readonly #overlay = new Map<string, Uint8Array | undefined>();
  #pending: SpaceChange[] = [];

  constructor(space: SpaceDisk, founders: readonly NodeId[], splitsApplied: boolean) {
    this.#space = space;
    this.#splitsApplied = splitsApplied;
    for (const [key, value] of space.entries()) {
      const place = isData(key) ? parseDataKey(Buffer.from(key, 'latin1')) : undefined;
      if (place !== undefined) this.mvcc.restoreValue(decodeKeyValue(value), place.revision, place.tombstone, key.length + value.length);
    }
    const counter = (name: string): number | undefined => {
      const bytes = space.get(text(name));
      return bytes === undefined ? undefined : readCounter(bytes);
    };
    this.mvcc.restoreRevisions(counter('revision') ?? 0, counter('compacted') ?? -1);
    this.applied = { index: counter('applied') ?? 0, term: counter('term') ?? 0 };
    this.durable = this.applied.index;
    const members = space.get(text('members'));
    this.membership = members === undefined ? simpleMembership(founders) : decodeMembership(members);
    if (this.mvcc.compactRevision > 0) this.collectGarbage();
  }

  get(diskKey: Uint8Array): Uint8Array | undefined {
    const key = keyText(diskKey);
    return this.#overlay.has(key) ? this.#overlay.get(key) : this.#space.get(key);
  }

  apply(command: Command | undefined, at: LogStart): Applied | undefined {
    const applied = command === undefined ? undefined : this.mvcc.apply(command, this);
    for (const write of applied?.writes ?? []) this.#write(write);
    this.applied = at;
    return applied;
  }

  setMembership(membership: Membership): void {
    this.membership = membership;
    this.#write({ key: metaKey('members'), value: encodeMembership(membership) });
  }

  collectGarbage(): void {
    for (const removals of this.mvcc.collectGarbage(1000)) for (const removal of removals) this.#write(removal);
  }

  flush(sync: boolean): void {
    const own = ([['applied', this.applied.index], ['term', this.applied.term], ['revision', this.mvcc.revision]] as const).map(([name, value]): SpaceChange => {
      const write = counterWrite(name, value);
      return [keyText(write.key), write.value];
    });
    if (this.#splitsApplied) {
      this.#space.batch(this.#pending, false);
      this.#space.batch(own, sync);
    } else {
      this.#space.batch([...this.#pending, ...own], sync);
    }
    this.#pending = [];
    this.#overlay.clear();
    if (sync) this.durable = this.applied.index;
  }

  /** Value of a key now; undefined when there is none. */
  value(key: string): string | undefined {
    const bytes = Buffer.from(key);
    const [item] = this.mvcc.range({ ...whole, key: bytes, rangeEnd: new Uint8Array(0) }).items;
    return item === undefined ? undefined : this.#valueAt(item.revision);
  }

  /** The changes from one revision to another, as a watch of everything reads them. */
  history(from: number, to: number): Seen[] {
    return this.mvcc.history(Uint8Array.of(0), Uint8Array.of(0), from, to).map(({ key, revision, isTombstone, previous }) => ({
      revision: revision.main,
      sub: revision.sub,
      key,
      value: isTombstone ? undefined : this.#valueAt(revision),
      previous: previous === undefined ? undefined : this.#valueAt(previous),
    }));
  }

  previousValue(previous: { readonly main: number; readonly sub: number } | undefined): string | undefined {
    return previous === undefined ? undefined : this.#valueAt(previous);
  }

  #valueAt(revision: { readonly main: number; readonly sub: number }): string {
    const bytes = this.get(dataKey(revision));
    return bytes === undefined ? 'missing' : Buffer.from(decodeKeyValue(bytes).value).toString();
  }

  #write({ key, value }: Write): void {
    this.#pending.push([keyText(key), value]);
    this.#overlay.set(keyText(key), value);
  }
}

const whole = { limit: 0n, revision: 0n, sortOrder: 0, sortTarget: 0, keysOnly: false, countOnly: false, minModRevision: 0n, maxModRevision: 0n, minCreateRevision: 0n, maxCreateRevision: 0n } as const;

/** The key under which a copied state holds its membership. */
export const membersKey = text('members');

export function encodeMembership(membership: Membership): Uint8Array {
  return Buffer.from(JSON.stringify(membership, (_key, value: unknown) => (typeof value === 'bigint' ? `n${value}` : value)));
}

function decodeMembership(bytes: Uint8Array): Membership {
  return JSON.parse(Buffer.from(bytes).toString(), (_key, value: unknown) => (typeof value === 'string' ? BigInt(value.slice(1)) : value)) as Membership;
}
