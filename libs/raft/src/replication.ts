import { deciding, others, resetTerm, send, sendAfterSync, type Core } from './core.ts';
import { membersOf } from './membership.ts';
import { Progress } from './progress.ts';
import { committedIndex } from './quorum.ts';
import { askRead } from './reads.ts';
import { nobody, ProposalDroppedError, type Entry, type Message, type NodeId } from './types.ts';

type Append = Extract<Message, { type: 'append' }>;
type AppendReply = Extract<Message, { type: 'append-reply' }>;

const noData = new Uint8Array(0);

/** Takes office: an empty entry of the own term makes everything before it committable. */
export function becomeLeader(core: Core): void {
  const { id, inflightMax } = core.settings;
  resetTerm(core, core.term);
  core.role = 'leader';
  core.leader = id;
  core.vote = id;
  for (const member of membersOf(core.membership)) core.progress.set(member, new Progress(0, core.log.last + 1, inflightMax));
  // A change of membership may be in the tail that was inherited.
  core.pendingChange = core.log.last;
  core.log.push([{ term: core.term, index: core.log.last + 1, type: 'normal', data: noData }]);
  sendAppends(core);
}

/** Appends what is proposed to the leader's log; it is committed once a majority has it on disk. */
export function appendProposals(core: Core, data: readonly Uint8Array[], type: Entry['type'] = 'normal'): void {
  if (core.transferee !== nobody) throw new ProposalDroppedError('transferring', 'the leadership is being handed over');
  const bytes = data.reduce((sum, item) => sum + item.length, 0);
  if (core.uncommittedBytes > 0 && core.uncommittedBytes + bytes > core.settings.uncommittedBytesMax) {
    throw new ProposalDroppedError('too-much-uncommitted', `more than ${core.settings.uncommittedBytesMax} bytes wait to be committed`);
  }
  core.uncommittedBytes += bytes;
  const first = core.log.last + 1;
  core.log.push(data.map((item, at): Entry => ({ term: core.term, index: first + at, type, data: item })));
  sendAppends(core);
}

/** The leader's own disk has everything up to the log's stable index. */
export function acknowledgeSelf(core: Core): void {
  if (core.role !== 'leader') return;
  const own = core.progress.get(core.settings.id);
  if (own?.accepted(core.log.stable, 0) === true && commit(core)) sendAppends(core);
}

export function sendAppends(core: Core): void {
  for (const to of others(core)) sendAppend(core, to, true);
}

/** Sends what the member lacks, as far as its window allows; `evenEmpty`: also when that is only the commit index. */
export function sendAppend(core: Core, to: NodeId, evenEmpty: boolean): void {
  const progress = core.progress.get(to);
  if (progress === undefined) return;
  for (let first = true; !progress.isPaused; first = false) {
    const prevTerm = core.log.term(progress.next - 1);
    if (prevTerm === undefined) {
      sendSnapshot(core, to, progress);
      return;
    }
    const entries = progress.next > core.log.last ? [] : core.log.slice(progress.next, core.log.last, core.settings.messageBytesMax);
    if (entries.length === 0 && !(first && evenEmpty)) return;
    send(core, to, { type: 'append', prevIndex: progress.next - 1, prevTerm, entries, commit: core.log.committed });
    progress.sent(entries.length);
    if (entries.length === 0) return;
  }
}

/** What the member needs was cut off: the host is to send it the applied state. One that is silent gets nothing. */
function sendSnapshot(core: Core, to: NodeId, progress: Progress): void {
  if (!progress.recentlyActive) return;
  const index = core.log.applied;
  const term = core.log.term(index);
  if (term === undefined) return;
  progress.becomeSnapshot(index);
  send(core, to, { type: 'snapshot', snapshot: { index, term, membership: core.membership } });
}

/** A leader's entries arrive at a follower. */
export function acceptAppend(core: Core, message: Append): void {
  const { log } = core;
  const reply = (index: number, rejected = false, hintIndex = 0, hintTerm = 0, wantsState = false): void =>
    sendAfterSync(core, message.from, { type: 'append-reply', index, rejected, hintIndex, hintTerm, wantsState });
  if (core.membership.voters.length === 0) {
    // Changes of an unknown membership would give a wrong one, a group of this member alone at worst.
    reply(message.prevIndex, true, 0, 0, true);
    return;
  }
  if (message.prevIndex < log.committed) {
    reply(log.committed);
    return;
  }
  const matched = log.accept(message.prevIndex, message.prevTerm, message.entries);
  if (matched === undefined) {
    const hint = log.lastPossibleMatch(Math.min(message.prevIndex, log.last), message.prevTerm);
    reply(message.prevIndex, true, hint.index, hint.term);
    return;
  }
  log.commitTo(Math.min(message.commit, matched));
  reply(matched);
}

/** A follower's answer arrives at the leader. */
export function countAppend(core: Core, message: AppendReply): void {
  const progress = core.progress.get(message.from);
  if (progress === undefined) return;
  progress.recentlyActive = true;
  if (message.wantsState) {
    if (progress.state !== 'snapshot') sendSnapshot(core, message.from, progress);
    return;
  }
  if (message.rejected) {
    const match = core.log.lastPossibleMatch(message.hintIndex, message.hintTerm);
    if (progress.rejected(message.index, match.index)) sendAppend(core, message.from, true);
    return;
  }
  const wasPaused = progress.isPaused;
  if (message.index > core.log.last || !progress.accepted(message.index, core.log.startIndex + 1)) return;
  if (commit(core)) sendAppends(core);
  else sendAppend(core, message.from, wasPaused);
  if (core.transferee === message.from) handOver(core);
}

/** Commits what a majority has, if it is of this leader's term (raft paper, 5.4.2). True when something was. */
export function commit(core: Core): boolean {
  const index = committedIndex(deciding(core), (id) => core.progress.get(id)?.match ?? 0);
  if (index <= core.log.committed) return false;
  if (core.log.term(index) !== core.term && core.settings.plantedBug !== 'commit-older-terms') return false;
  const bytes = core.log.slice(core.log.committed + 1, index, Infinity).reduce((sum, entry) => sum + (entry.term === core.term ? entry.data.length : 0), 0);
  core.uncommittedBytes = Math.max(0, core.uncommittedBytes - bytes);
  core.log.commitTo(index);
  for (const { context, from } of core.reads.takeEarly()) askRead(core, context, from);
  return true;
}

/** The member that takes over may campaign as soon as it has the whole log. */
export function handOver(core: Core): void {
  const progress = core.progress.get(core.transferee);
  if (progress === undefined) return;
  if (progress.match === core.log.last) send(core, core.transferee, { type: 'timeout-now' });
  else sendAppend(core, core.transferee, true);
}
