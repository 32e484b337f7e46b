import { bidiHandler, GrpcError, status, toGrpcError, unaryHandler, type GrpcService } from '@rhythm/grpc';
import { PeersService, type Answer, type Batch, type Hello, type MembersReply, type MembersRequest, type Question, type StateChunk, type StateTaken, type Welcome } from '@rhythm/proto/raft';
import type { PeerReply, PeerRequest } from '../host/transport.ts';
import { fromWire, memberToWire, toWire } from './codec.ts';
import type { GrpcTransport } from './grpc-transport.ts';

/** What other members may call; served on the peers' own port, with the peers' own CA. */
export function peersService(transport: GrpcTransport): GrpcService {
  return {
    definition: PeersService,
    implementation: {
      exchange: bidiHandler<Batch, Batch>((batches, context) => exchange(transport, batches, context.signal)),
      greet: unaryHandler<Hello, Welcome>(async (hello) => {
        transport.check(hello).nudge();
        return {};
      }),
      sendState: bidiHandler<StateChunk, StateTaken>((chunks) => takeState(transport, chunks)),
      ask: unaryHandler<Question, Answer>(async ({ hello, question }) => {
        transport.check(hello);
        return answerOf(await transport.receiver.answer(requestOf(question)));
      }),
      members: unaryHandler<MembersRequest, MembersReply>(async () => {
        if (transport.members.length === 0) throw new GrpcError(status.UNAVAILABLE, 'this member does not know its cluster yet');
        return { clusterId: transport.clusterId, members: transport.members.map(memberToWire) };
      }),
    },
  };
}

async function* exchange(transport: GrpcTransport, batches: AsyncIterable<Batch>, signal: AbortSignal): AsyncGenerator<Batch> {
  const incoming = batches[Symbol.asyncIterator]();
  const first = await incoming.next();
  if (first.done === true) return;
  const { hello } = first.value;
  const peer = transport.check(hello);
  yield { hello: transport.hello(peer.id), messages: [] };
  const outgoing = peer.attach();
  const leave = (): void => outgoing.close();
  signal.addEventListener('abort', leave, { once: true });
  const read = async (): Promise<void> => {
    peer.receive(first.value);
    for (let next = await incoming.next(); next.done !== true; next = await incoming.next()) peer.receive(next.value);
  };
  // Its end, or a failure, is the end of the stream.
  read().then(leave, leave);
  try {
    for await (const messages of outgoing.batches()) yield { hello: undefined, messages: messages.map(toWire) };
  } finally {
    signal.removeEventListener('abort', leave);
    peer.detach(outgoing);
  }
}

async function* takeState(transport: GrpcTransport, incoming: AsyncIterable<StateChunk>): AsyncGenerator<StateTaken> {
  const chunks = incoming[Symbol.asyncIterator]();
  const first = await chunks.next();
  if (first.done === true) return;
  transport.check(first.value.hello);
  const message = first.value.message === undefined ? undefined : fromWire(first.value.message);
  if (message?.type !== 'snapshot') throw new GrpcError(status.INVALID_ARGUMENT, 'a state begins with its message');
  async function* data(): AsyncGenerator<Uint8Array> {
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value.data;
  }
  try {
    await transport.receiver.receiveState(message, data());
  } catch (error) {
    throw toGrpcError(error);
  }
  yield {};
}

function requestOf(question: Question['question']): PeerRequest {
  switch (question?.$case) {
    case 'leaseRenew':
      return { kind: 'lease-renew', id: question.value };
    case 'leaseRemaining':
      return { kind: 'lease-remaining', id: question.value };
    case 'change':
      return { kind: 'change', data: question.value };
    case 'hash':
      return { kind: 'hash', revision: question.value };
    case undefined:
      throw new GrpcError(status.UNIMPLEMENTED, 'this member does not know the question');
  }
}

function answerOf(reply: PeerReply): Answer {
  if (reply.kind === 'lease') return { answer: { $case: 'lease', value: { granted: reply.granted, remaining: reply.remaining } } };
  if (reply.kind === 'hash') return { answer: { $case: 'hash', value: { hash: reply.hash, revision: reply.revision, compacted: reply.compactRevision } } };
  return { answer: { $case: 'changed', value: reply.index } };
}
