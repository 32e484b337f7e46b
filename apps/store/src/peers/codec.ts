import { assert } from '@rhythm/base';
import type { Entry as WireEntry, Member, Membership as WireMembership, Message as WireMessage } from '@rhythm/proto/raft';
import type { Entry, Membership, Message } from '@rhythm/raft';
import type { MemberRecord } from '../members/records.ts';

/** A message of raft's as it goes over the wire. */
export function toWire(message: Message): WireMessage {
  return { from: message.from, to: message.to, term: message.term, body: bodyOf(message) };
}

function bodyOf(message: Message): WireMessage['body'] {
  switch (message.type) {
    case 'pre-vote':
      return { $case: 'preVote', value: message };
    case 'vote':
      return { $case: 'vote', value: message };
    case 'pre-vote-reply':
      return { $case: 'preVoteReply', value: message };
    case 'vote-reply':
      return { $case: 'voteReply', value: message };
    case 'append':
      return { $case: 'append', value: { ...message, entries: message.entries.map(({ term, index, type, data }): WireEntry => ({ term, index, isConfig: type === 'config', data })) } };
    case 'append-reply':
      return { $case: 'appendReply', value: message };
    case 'heartbeat':
      return { $case: 'heartbeat', value: message };
    case 'heartbeat-reply':
      return { $case: 'heartbeatReply', value: message.context };
    case 'read-index':
      return { $case: 'readIndex', value: message.context };
    case 'read-index-reply':
      return { $case: 'readIndexReply', value: message };
    case 'propose':
      return { $case: 'propose', value: { data: [...message.data] } };
    case 'snapshot':
      return { $case: 'snapshot', value: { ...message.snapshot, membership: copyMembership(message.snapshot.membership) } };
    case 'transfer':
      return { $case: 'transfer', value: message.target };
    case 'timeout-now':
      return { $case: 'timeoutNow', value: true };
  }
}

/** Undefined for a message that a later version may send and this one does not know. */
export function fromWire({ from, to, term, body }: WireMessage): Message | undefined {
  const envelope = { from, to, term };
  switch (body?.$case) {
    case 'preVote':
      return { ...envelope, type: 'pre-vote', ...body.value };
    case 'vote':
      return { ...envelope, type: 'vote', ...body.value };
    case 'preVoteReply':
      return { ...envelope, type: 'pre-vote-reply', ...body.value };
    case 'voteReply':
      return { ...envelope, type: 'vote-reply', ...body.value };
    case 'append':
      return { ...envelope, type: 'append', ...body.value, entries: body.value.entries.map(({ isConfig, ...entry }): Entry => ({ ...entry, type: isConfig ? 'config' : 'normal' })) };
    case 'appendReply':
      return { ...envelope, type: 'append-reply', ...body.value };
    case 'heartbeat':
      return { ...envelope, type: 'heartbeat', ...body.value };
    case 'heartbeatReply':
      return { ...envelope, type: 'heartbeat-reply', context: body.value };
    case 'readIndex':
      return { ...envelope, type: 'read-index', context: body.value };
    case 'readIndexReply':
      return { ...envelope, type: 'read-index-reply', ...body.value };
    case 'propose':
      return { ...envelope, type: 'propose', data: body.value.data };
    case 'snapshot': {
      const { index, term: at, membership } = body.value;
      assert(membership !== undefined, 'a state comes with its membership');
      return { ...envelope, type: 'snapshot', snapshot: { index, term: at, membership } };
    }
    case 'transfer':
      return { ...envelope, type: 'transfer', target: body.value };
    case 'timeoutNow':
      return { ...envelope, type: 'timeout-now' };
    case undefined:
      return undefined;
  }
}

/** Bytes of a message on the wire, about. */
export function messageBytes(message: Message): number {
  const overhead = 64;
  if (message.type === 'append') return message.entries.reduce((sum, { data }) => sum + data.length + 24, overhead);
  if (message.type === 'propose') return message.data.reduce((sum, data) => sum + data.length + 4, overhead);
  return overhead;
}

export function memberToWire({ id, name, peerUrls, clientUrls }: MemberRecord): Member {
  return { id, name, peerUrls: [...peerUrls], clientUrls: [...clientUrls] };
}

function copyMembership({ voters, outgoing, learners, learnersNext, autoLeave }: Membership): WireMembership {
  return { voters: [...voters], outgoing: [...outgoing], learners: [...learners], learnersNext: [...learnersNext], autoLeave };
}
