import type { ChangeStep, MembershipChange } from './change.ts';
import { isJoint } from './membership.ts';
import type { Ready } from './ready.ts';
import { Group } from './testing.ts';
import { ProposalDroppedError, type Entry, type Membership, type Message, type NodeId } from './types.ts';

type Command = (words: readonly string[]) => void;

/**
 * Runs the commands of a scenario (libs/raft/testdata) on a group and says what happened. `messages` prints each message, other
 * commands only what became of it: roles, applied entries, reads, memberships.
 */
export class Scenario {
  #group = new Group(0);
  #lines: string[] = [];
  #seen = new Map<NodeId, { role: string; applied: number; reads: number; members: string; down: boolean }>();
  readonly #taken = new Map<NodeId, Ready>();
  readonly #lost = new Set<string>();
  readonly #commands: Readonly<Record<string, Command>> = {
    group: (words) => this.#create(words),
    add: ([id = '']) => this.#group.add(BigInt(id)),
    campaign: ([id = '']) => this.#group.node(BigInt(id)).campaign(),
    propose: ([id = '', ...texts]) => this.#group.propose(BigInt(id), ...texts),
    read: ([id = '', context = '']) => this.#group.node(BigInt(id)).readIndex(Number(context)),
    change: ([id = '', ...steps]) => this.#group.node(BigInt(id)).proposeChange(parseChange(steps)),
    transfer: ([id = '', to = '']) => this.#group.node(BigInt(id)).transferLeadership(BigInt(to)),
    compact: ([id = '', index = '']) => this.#group.compact(BigInt(id), Number(index)),
    unreachable: ([id = '', to = '']) => this.#group.node(BigInt(id)).reportUnreachable(BigInt(to)),
    // `crash 3 12`: the state of member 3 was synced up to entry 12 only.
    crash: ([id = '', upTo = 'Infinity']) => this.#crash(BigInt(id), Number(upTo)),
    restart: ([id = '']) => this.#group.start(BigInt(id)),
    tick: ([id = '', count = '1']) => this.#tick(id, Number(count)),
    settle: () => this.#group.settle(),
    messages: ([rounds = '1']) => this.#messages(Number(rounds)),
    lose: (links) => this.#lose(links),
    heal: () => this.#lost.clear(),
    take: ([id = '']) => this.#take(BigInt(id)),
    finish: ([id = '']) => this.#finish(BigInt(id)),
    log: ([id = '']) => this.#lines.push(...describeLog(this.#group.member(BigInt(id)).entries)),
    status: ([id = '']) => this.#status(BigInt(id)),
  };

  /** The answer to one line. */
  run(line: string): string {
    const [name = '', ...words] = line.trim().split(/\s+/);
    const command = this.#commands[name];
    if (command === undefined) throw new Error(`no command "${name}"`);
    this.#lines = [];
    try {
      command(words);
    } catch (error) {
      if (!(error instanceof ProposalDroppedError)) throw error;
      this.#lines.push(`refused (${error.reason}): ${error.message}`);
    }
    this.#news();
    return this.#lines.length === 0 ? 'ok' : this.#lines.join('\n');
  }

  /** `group 3 learners=4 lease`: members 1 to 3 and a learner; timeouts are 13 to 15 ticks, a leader's promise lasts 10. */
  #create(words: readonly string[]): void {
    const learners = words.find((word) => word.startsWith('learners='))?.slice('learners='.length).split(',').map(BigInt) ?? [];
    const limit = words.find((word) => word.startsWith('uncommitted='));
    let draws = 0;
    // Every draw is an election timeout: always the same ones, so that a scenario can count ticks.
    const random = { next: () => (3 + (draws++ % 3)) / 10, bytes: (count: number) => new Uint8Array(count) };
    this.#group = new Group(Number(words[0]), 1, 3, { random, leaseReads: words.includes('lease'), ...(limit === undefined ? {} : { uncommittedBytesMax: Number(limit.slice('uncommitted='.length)) }) }, learners);
    this.#group.isLost = ({ from, to }) => [`${from}>${to}`, `${from}>*`, `*>${to}`].some((link) => this.#lost.has(link));
    this.#lost.clear();
    this.#seen.clear();
  }

  #tick(id: string, count: number): void {
    if (id === 'all') this.#group.tick(count);
    else for (let at = 0; at < count; at++) this.#group.node(BigInt(id)).tick();
  }

  #crash(id: NodeId, upTo: number): void {
    this.#group.crash(id, upTo);
    const { appliedIndex, membership } = this.#group.member(id);
    const seen = this.#seen.get(id);
    if (seen !== undefined && appliedIndex < seen.applied) {
      this.#seen.set(id, { ...seen, applied: appliedIndex, members: describeMembership(membership) });
      this.#lines.push(`${id} has its state up to ${appliedIndex}, members ${describeMembership(membership)}`);
    }
  }

  #lose(links: readonly string[]): void {
    for (const link of links) {
      if (link.includes('>')) this.#lost.add(link);
      else for (const way of [`${link}>*`, `*>${link}`]) this.#lost.add(way);
    }
  }

  #messages(rounds: number): void {
    for (let round = 0; round < rounds; round++) {
      for (const id of this.#group.ids) if (!this.#taken.has(id)) this.#group.work(id);
      for (const message of this.#group.inflight.splice(0)) {
        this.#lines.push(`${this.#group.isLost(message) ? 'lost ' : ''}${describeMessage(message)}`);
        this.#group.deliver(message);
      }
    }
    for (const id of this.#group.ids) if (!this.#taken.has(id)) this.#group.work(id);
  }

  #take(id: NodeId): void {
    const ready = this.#group.take(id);
    this.#taken.set(id, ready);
    this.#lines.push(`${id} is to write [${ready.entries.map(describeEntry).join(' ')}]${ready.hardState === undefined ? '' : ` term ${ready.hardState.term} vote ${ready.hardState.vote} commit ${ready.hardState.commit}`}`);
    for (const message of ready.messages) this.#lines.push(`at once: ${describeMessage(message)}`);
    for (const message of ready.messagesAfterSync) this.#lines.push(`after the sync: ${describeMessage(message)}`);
  }

  #finish(id: NodeId): void {
    const ready = this.#taken.get(id);
    if (ready === undefined) throw new Error(`nothing of member ${id} is out`);
    this.#taken.delete(id);
    this.#group.finish(id, ready);
  }

  #status(id: NodeId): void {
    const { role, term, leader, committed, applied, last, membership, progress } = this.#group.node(id).status();
    this.#lines.push(`${id} ${role} term ${term} leader ${leader} committed ${committed} applied ${applied} last ${last} members ${describeMembership(membership)}`);
    for (const member of progress) this.#lines.push(`  ${member.id}: ${member.state} match ${member.match} next ${member.next}${member.recentlyActive ? '' : ' silent'}`);
  }

  /** What changed since the command before. */
  #news(): void {
    for (const [id, member] of this.#group.members) {
      const status = member.node?.status();
      const before = this.#seen.get(id) ?? { role: 'follower at term 0', applied: 0, reads: 0, members: describeMembership(member.membership), down: false };
      const role = status === undefined ? before.role : `${status.role} at term ${status.term}`;
      const members = describeMembership(member.membership);
      if (role !== before.role) this.#lines.push(`${id} is ${role}`);
      if (members !== before.members) this.#lines.push(`${id} has members ${members}`);
      if (member.appliedIndex > before.applied) {
        const texts = member.applied.slice(before.applied).filter((text) => !text.endsWith(':'));
        this.#lines.push(`${id} applied up to ${member.appliedIndex}${texts.length === 0 ? '' : ` ${texts.join(' ')}`}`);
      }
      for (const read of member.reads.slice(before.reads)) this.#lines.push(`${id} may serve read ${read.context} at ${read.index}`);
      this.#seen.set(id, { role, applied: member.appliedIndex, reads: member.reads.length, members, down: status === undefined });
    }
  }
}

/** `+4` voter, `~4` learner, `-1` gone; `simple`, `implicit` and `explicit` choose the transition; no steps: leave. */
function parseChange(words: readonly string[]): MembershipChange {
  const named = words.find((word) => /^[a-z]/.test(word));
  const transition = named === undefined ? 'auto' : named === 'simple' ? 'simple' : named === 'implicit' ? 'joint-implicit' : 'joint-explicit';
  const kinds = { '+': 'add-voter', '~': 'add-learner', '-': 'remove' } as const;
  const steps = words.flatMap((word): ChangeStep[] => {
    const kind = kinds[word[0] as keyof typeof kinds];
    return kind === undefined ? [] : [{ kind, id: BigInt(word.slice(1)) }];
  });
  return { steps, transition, context: new Uint8Array(0) };
}

export function describeMembership(membership: Membership): string {
  const list = (ids: readonly NodeId[]): string => `(${ids.join(' ')})`;
  const { voters, outgoing, learners, learnersNext, autoLeave } = membership;
  const joint = isJoint(membership) ? `&${list(outgoing)}${autoLeave ? ' auto' : ''}` : '';
  return `${list(voters)}${joint}${learners.length > 0 ? ` learners ${list(learners)}` : ''}${learnersNext.length > 0 ? ` next ${list(learnersNext)}` : ''}`;
}

function describeEntry({ index, term, type, data }: Entry): string {
  return `${index}/${term}${type === 'config' ? ':change' : data.length === 0 ? '' : `:${Buffer.from(data).toString()}`}`;
}

function describeLog(entries: readonly Entry[]): string[] {
  return [`[${entries.map(describeEntry).join(' ')}]`];
}

function describeMessage(message: Message): string {
  const { from, to, term, type, ...rest } = message;
  const fields = Object.entries(rest).filter(([, value]) => value !== false).map(([name, value]) => `${name}=${describeField(value)}`);
  return `${from}>${to} ${type} term=${term}${fields.length === 0 ? '' : ` ${fields.join(' ')}`}`;
}

function describeField(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item: unknown) => (item instanceof Uint8Array ? Buffer.from(item).toString() : describeEntry(item as Entry))).join(' ')}]`;
  if (typeof value === 'object' && value !== null && 'membership' in value) {
    const { index, term, membership } = value as { index: number; term: number; membership: Membership };
    return `${index}/${term} ${describeMembership(membership)}`;
  }
  return String(value);
}

