import { randomInt } from '@rhythm/base';
import { MvccError, type Reply } from '@rhythm/mvcc';
import { ProposalDroppedError } from '@rhythm/raft';
import { linearize, Violation, type Operation, type World } from '@rhythm/simulator';
import type { Request } from './command.ts';
import type { Member } from './member.ts';

const keys = ['a', 'b', 'c', 'd', 'e', 'f'] as const;
const timeoutMs = 300;
const thinkMs = 20;

interface Recorded extends Operation<string> {
  readonly id: number;
  readonly key: string;
}

/** Clients that read, write, delete and compare-and-swap single keys at random members, and remember what they were told. */
export class Clients {
  acknowledged = 0;
  readonly #world: World;
  readonly #members: () => readonly Member[];
  readonly #operations: Recorded[] = [];
  readonly #applied = new Set<number>();
  #nextId = 1;
  #isOver = false;
  /** Forgets the operation that was begun last. */
  #forget: () => void = () => undefined;

  constructor(world: World, members: () => readonly Member[], count: number) {
    this.#world = world;
    this.#members = members;
    for (let client = 0; client < count; client++) world.after(200 + client * 10, () => this.#act());
  }

  /** Some member applied this request. */
  applied(id: number): void {
    this.#applied.add(id);
  }

  stop(): void {
    this.#isOver = true;
  }

  /** Throws a Violation when the answers have no order that explains them. */
  check(): void {
    for (const key of keys) {
      // What nobody answered and nobody applied has not happened: the search need not consider it.
      const operations = this.#operations.filter((each) => each.key === key && (each.end !== Infinity || this.#applied.has(each.id)));
      const verdict = linearize(operations, '', (state) => state).isLinearizable;
      if (verdict === undefined) this.#world.count('undecided');
      if (verdict === false) {
        const told = operations.map(({ start, end, text }) => `${start.toFixed(1)}-${end.toFixed(1)} ${text}`).join('\n');
        throw new Violation(`the operations on ${key} are not linearizable:\n${told}`);
      }
    }
  }

  #act(): void {
    if (this.#isOver) return;
    const world = this.#world;
    const member = world.pick(this.#members());
    const key = world.pick(keys);
    const id = this.#nextId++;
    const dice = world.random.next();
    const start = world.now;
    try {
      if (dice < 0.4) this.#get(member, id, key, start);
      else if (dice < 0.42) this.#compact(member, id);
      else this.#write(member, id, key, start, dice);
    } catch (error) {
      if (!(error instanceof ProposalDroppedError)) throw error;
      // It was refused: it certainly has not happened.
      this.#forget();
      this.#later();
    }
  }

  #later(): void {
    this.#world.after(thinkMs * (0.5 + this.#world.random.next()), () => this.#act());
  }

  #get(member: Member, id: number, key: string, start: number): void {
    const once = this.#once(() => undefined);
    member.read(id, () => {
      const value = member.state.value(key) ?? '';
      if (!once()) return;
      this.#operations.push({ id, key, start, end: this.#world.now, text: `get ${value}`, step: (state) => (state === value ? state : undefined) });
    });
  }

  #write(member: Member, id: number, key: string, start: number, dice: number): void {
    const value = `v${id}`;
    const expected = member.state.value(key) ?? '';
    const request: Request = dice < 0.75 ? { kind: 'put', key, value } : dice < 0.82 ? { kind: 'delete', key } : { kind: 'swap', key, expected, value };
    // A key that is not there equals no value, as in etcd.
    const matches = (state: string): boolean => expected !== '' && state === expected;
    const after = (state: string): string => (request.kind === 'put' ? value : request.kind === 'delete' ? '' : matches(state) ? value : state);
    const once = this.#once(() => this.#operations.push({ id, key, start, end: Infinity, text: `${request.kind} ${value} unknown`, step: after }));
    member.propose(id, request, (reply) => {
      if (!once()) return;
      const succeeded = reply instanceof MvccError ? undefined : reply.$case === 'txn' ? reply.succeeded : undefined;
      const step = (state: string): string | undefined => (succeeded === undefined || succeeded === matches(state) ? after(state) : undefined);
      this.#operations.push({ id, key, start, end: this.#world.now, text: `${request.kind} ${value} expected ${expected} succeeded ${succeeded}`, step });
    });
  }

  #compact(member: Member, id: number): void {
    const revision = member.state.mvcc.revision - randomInt(this.#world.random, 30);
    const once = this.#once(() => undefined);
    if (revision <= 1) {
      once();
      return;
    }
    member.propose(id, { kind: 'compact', revision }, (_reply: Reply | MvccError) => {
      once();
      this.#world.count('compactions');
    });
  }

  /** For the answer: gives true for the first one in time, and lets the client go on. `late` runs when none came. */
  #once(late: () => void): () => boolean {
    let isOpen = true;
    const end = (): boolean => {
      const was = isOpen;
      isOpen = false;
      return was;
    };
    this.#forget = () => void end();
    this.#world.after(timeoutMs, () => {
      if (!end()) return;
      this.#world.count('timeouts');
      late();
      this.#later();
    });
    return () => {
      if (!end()) return false;
      this.acknowledged++;
      this.#later();
      return true;
    };
  }
}
