import type { StoredEvent } from '@rhythm/mvcc';
import { emptyModel, TrueHistory, write, type ModelState, type ModelWrite, type WatchedChange, type World } from '@rhythm/simulator';
import type { Host } from '@rhythm/store/parts';

/** What was applied, from the members themselves: all must agree. */
export class History {
  readonly truth = new TrueHistory();
  /** When each revision was first applied by anybody. */
  readonly appliedAt = new Map<number, number>();
  readonly #world: World;
  readonly #values = new Map<string, string>();
  readonly #leases = new Map<number, readonly bigint[]>();
  #model: ModelState = emptyModel;
  readonly #models = new Map<number, ModelState>([[1, emptyModel]]);

  constructor(world: World) {
    this.#world = world;
  }

  /** To be called before anybody else listens. */
  listen(who: string, host: Host): void {
    host.onApplied({ applied: (events) => this.#applied(who, events) });
  }

  /** The leases of the keys that a revision put. */
  leasesOf(revision: number): readonly bigint[] {
    return this.#leases.get(revision) ?? [];
  }

  /** The whole store at a revision. */
  modelAt(revision: number): ModelState | undefined {
    for (let at = this.#model.revision + 1; at <= Math.min(revision, this.truth.last); at++) {
      const leases = this.leasesOf(at);
      const writes = (this.truth.at(at) ?? []).map(({ key, value }, n): ModelWrite => (value === undefined ? { key } : { key, put: value, lease: leases[n] ?? 0n }));
      this.#model = { ...write(this.#model, writes), revision: at };
      this.#models.set(at, this.#model);
    }
    return this.#models.get(revision);
  }

  #applied(who: string, events: readonly StoredEvent[]): void {
    for (let at = 0; at < events.length; ) {
      const revision = events[at]?.revision.main ?? 0;
      const changes: WatchedChange[] = [];
      const leases: bigint[] = [];
      for (; events[at]?.revision.main === revision; at++) {
        const event = events[at] as StoredEvent;
        changes.push(this.#change(event));
        leases.push(event.kv.lease ?? 0n);
      }
      try {
        if (!this.truth.applied(who, revision, changes)) continue;
      } catch (error) {
        this.#world.fail(error as Error);
      }
      this.appliedAt.set(revision, this.#world.now);
      this.#leases.set(revision, leases);
    }
  }

  #change({ type, keyText: key, kv, revision, previous }: StoredEvent): WatchedChange {
    const value = type === 'delete' ? undefined : Buffer.from(kv.value).toString();
    const place = `${revision.main}/${revision.sub}`;
    if (value !== undefined) this.#values.set(place, value);
    const before = previous === undefined ? undefined : this.#values.get(`${previous.main}/${previous.sub}`);
    return { revision: revision.main, key, value, previous: before };
  }
}
