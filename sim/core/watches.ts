import type { Seen, WatchChecker, World } from '@rhythm/simulator';
import type { Member } from './member.ts';

/** Watches of everything, each at one member until that goes down, then resumed at another from where it was. */
export class Watches {
  readonly #watches: Array<{ readonly name: string; at: Member | undefined; next: number }>;
  readonly #checker: WatchChecker;
  readonly #world: World;
  readonly #skips: boolean;

  constructor(world: World, checker: WatchChecker, count: number, skips: boolean) {
    this.#world = world;
    this.#checker = checker;
    this.#skips = skips;
    this.#watches = Array.from({ length: count }, (_, at) => ({ name: `w${at}`, at: undefined, next: 2 }));
  }

  /** A member has applied one revision. */
  applied(member: Member, changes: readonly Seen[]): void {
    const revision = changes[0]?.revision;
    if (revision === undefined) return;
    for (const watch of this.#watches) {
      // A member that lags behind what the watch has seen says nothing until it is there.
      if (watch.at !== member || revision < watch.next) continue;
      this.#checker.delivered(`${watch.name} at ${member.id}`, watch.next, revision, changes);
      watch.next = revision + 1;
      this.#world.count('watch events');
    }
  }

  /** A member's state was replaced: its watches read from history what was not applied there. */
  installed(member: Member): void {
    for (const watch of this.#watches) if (watch.at === member) this.#attach(watch, member);
  }

  /** Puts watches of members that are down, and now and then others, elsewhere. */
  move(members: readonly Member[]): void {
    for (const watch of this.#watches) {
      if (watch.at?.node !== undefined && !this.#world.chance(0.2)) continue;
      const up = members.filter((member) => member.node !== undefined && !member.isPaused);
      if (up.length > 0) this.#attach(watch, this.#world.pick(up));
    }
  }

  #attach(watch: { readonly name: string; at: Member | undefined; next: number }, member: Member): void {
    const { mvcc } = member.state;
    watch.at = member;
    if (watch.next <= mvcc.compactRevision) {
      this.#world.count('watches compacted');
      watch.next = mvcc.compactRevision + 1;
    }
    if (mvcc.revision < watch.next) return;
    const from = watch.next + (this.#skips && mvcc.revision > watch.next ? 1 : 0);
    this.#checker.delivered(`${watch.name} resumed at ${member.id}`, watch.next, mvcc.revision, member.state.history(from, mvcc.revision));
    watch.next = mvcc.revision + 1;
    this.#world.count('watches resumed');
  }
}
