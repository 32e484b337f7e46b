import { becomeFollower, others, resetTerm, send, sendAfterSync, type Core } from './core.ts';
import { Progress } from './progress.ts';
import { committedIndex, isMajority } from './quorum.ts';
import { nobody, ProposalDroppedError, type Entry, type Message, type NodeId } from './types.ts';

type Append = Extract<Message, { type: 'append' }>;
type AppendReply = Extract<Message, { type: 'append-reply' }>;
type Heartbeat = Extract<Message, { type: 'heartbeat' }>;
type HeartbeatReply = Extract<Message, { type: 'heartbeat-reply' }>;

const noData = new Uint8Array(0);

/** Takes office: an empty entry of the own term makes everything before it committable. */
export function becomeLeader(core: Core): void {
  const { id, voters, inflightMax } = core.settings;
  resetTerm(core, core.term);
  core.role = 'leader';
  core.leader = id;
  core.vote = id;
  for (const voter of voters) core.progress.set(voter, new Progress(0, core.log.last + 1, inflightMax));
  core.log.push([{ term: core.term, index: core.log.last + 1, type: 'normal', data: noData }]);
  sendAppends(core);
}

/** Appends what is proposed to the leader's log; it is committed once a majority has it on disk. */
export function appendProposals(core: Core, data: readonly Uint8Array[]): void {
  const bytes = data.reduce((sum, item) => sum + item.length, 0);
  if (core.uncommittedBytes > 0 && core.uncommittedBytes + bytes > core.settings.uncommittedBytesMax) {
    throw new ProposalDroppedError('too-much-uncommitted', `more than ${core.settings.uncommittedBytesMax} bytes wait to be committed`);
  }
  core.uncommittedBytes += bytes;
  const first = core.log.last + 1;
  core.log.push(data.map((item, at): Entry => ({ term: core.term, index: first + at, type: 'normal', data: item })));
  sendAppends(core);
}

/** The leader's own disk has everything up to the log's stable index. */
export function acknowledgeSelf(core: Core): void {
  if (core.role !== 'leader') return;
  const own = core.progress.get(core.settings.id);
  if (own?.accepted(core.log.stable) === true && commit(core)) sendAppends(core);
}

export function sendAppends(core: Core): void {
  for (const to of others(core)) sendAppend(core, to, true);
}

/** Sends what the follower lacks, as far as its window allows; `evenEmpty`: also when that is only the commit index. */
function sendAppend(core: Core, to: NodeId, evenEmpty: boolean): void {
  const progress = core.progress.get(to);
  if (progress === undefined) return;
  for (let first = true; !progress.isPaused; first = false) {
    const prevTerm = core.log.term(progress.next - 1);
    if (prevTerm === undefined) {
      progress.becomeStuck();
      return;
    }
    const entries = progress.next > core.log.last ? [] : core.log.slice(progress.next, core.log.last, core.settings.messageBytesMax);
    if (entries.length === 0 && !(first && evenEmpty)) return;
    send(core, to, { type: 'append', prevIndex: progress.next - 1, prevTerm, entries, commit: core.log.committed });
    progress.sent(entries.length);
    if (entries.length === 0) return;
  }
}

/** A leader's entries arrive at a follower. */
export function acceptAppend(core: Core, message: Append): void {
  const { log } = core;
  const reply = (index: number, rejected = false, hintIndex = 0, hintTerm = 0): void =>
    sendAfterSync(core, message.from, { type: 'append-reply', index, rejected, hintIndex, hintTerm });
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
  if (message.rejected) {
    const match = core.log.lastPossibleMatch(message.hintIndex, message.hintTerm);
    if (progress.rejected(message.index, match.index)) sendAppend(core, message.from, true);
    return;
  }
  const wasPaused = progress.isPaused;
  if (message.index > core.log.last || !progress.accepted(message.index)) return;
  if (commit(core)) sendAppends(core);
  else sendAppend(core, message.from, wasPaused);
}

/** Commits what a majority has, if it is of this leader's term (raft paper, 5.4.2). True when something was. */
function commit(core: Core): boolean {
  const index = committedIndex(core.settings.voters, (id) => core.progress.get(id)?.match ?? 0);
  if (index <= core.log.committed || core.log.term(index) !== core.term) return false;
  const bytes = core.log.slice(core.log.committed + 1, index, Infinity).reduce((sum, entry) => sum + (entry.term === core.term ? entry.data.length : 0), 0);
  core.uncommittedBytes = Math.max(0, core.uncommittedBytes - bytes);
  core.log.commitTo(index);
  for (const { context, from } of core.reads.takeEarly()) askRead(core, context, from);
  return true;
}

export function sendHeartbeats(core: Core): void {
  for (const to of others(core)) {
    const commitIndex = Math.min(core.progress.get(to)?.match ?? 0, core.log.committed);
    send(core, to, { type: 'heartbeat', commit: commitIndex, context: core.reads.newestRound });
  }
}

export function answerHeartbeat(core: Core, message: Heartbeat): void {
  core.log.commitTo(Math.min(message.commit, core.log.last));
  sendAfterSync(core, message.from, { type: 'heartbeat-reply', context: message.context });
}

export function countHeartbeat(core: Core, message: HeartbeatReply): void {
  const progress = core.progress.get(message.from);
  if (progress === undefined) return;
  progress.answeredHeartbeat();
  if (progress.match < core.log.last) sendAppend(core, message.from, true);
  if (message.context === 0) return;
  const served = core.reads.acknowledge(message.context, message.from, (acknowledged) => isMajority(core.settings.voters, (id) => acknowledged.has(id)));
  for (const read of served) answerRead(core, read.context, read.from, read.index);
}

/** Steps down when a majority has been silent for an election timeout: somebody else may lead by now. */
export function checkQuorum(core: Core): void {
  const { id, voters } = core.settings;
  const active = isMajority(voters, (voter) => voter === id || core.progress.get(voter)?.recentlyActive === true);
  for (const progress of core.progress.values()) progress.recentlyActive = false;
  if (!active) becomeFollower(core, core.term, nobody);
}

/** A read on behalf of `from`: answered once a majority confirms that this member still leads (raft thesis, 6.4). */
export function askRead(core: Core, context: number, from: NodeId): void {
  if (core.log.term(core.log.committed) !== core.term) {
    core.reads.addEarly(context, from);
    return;
  }
  if (core.settings.voters.length === 1) {
    answerRead(core, context, from, core.log.committed);
    return;
  }
  core.reads.add(context, from, core.log.committed, core.settings.id);
  sendHeartbeats(core);
}

function answerRead(core: Core, context: number, from: NodeId, index: number): void {
  if (from === core.settings.id) core.readStates.push({ context, index });
  else send(core, from, { type: 'read-index-reply', context, index });
}
