import { AsyncQueue, toError } from '@rhythm/base';
import { bidiHandler, GrpcError, status, toGrpcError, type GrpcService } from '@rhythm/grpc';
import { TransactionsService, type Reply, type Request, type Requests } from '@rhythm/proto/store';
import type { Credentials } from '../auth/gate.ts';
import type { KeyValues } from './kv.ts';
import { encodeReplies, type EncodedReply } from './range-encoding.ts';

/** Requests of one stream that may be in work or answered but not sent; the stream of a caller that sends more is ended. */
const requestsMax = 10_000;

/** Transactions and reads in batches on one stream; everything answered while a message is being sent goes into the next. */
export function transactionsService(kv: KeyValues, stopping: AbortSignal): GrpcService {
  return {
    definition: { session: { ...TransactionsService.session, responseSerialize: encodeReplies } },
    implementation: { session: bidiHandler<Requests, EncodedReply[]>((messages, context) => session(kv, messages, context, AbortSignal.any([context.signal, stopping]))) },
  };
}

async function* session(kv: KeyValues, messages: AsyncIterable<Requests>, who: Credentials, signal: AbortSignal): AsyncGenerator<EncodedReply[]> {
  const wake = new AsyncQueue<true>(1);
  let replies: EncodedReply[] = [];
  let inWork = 0;
  let isOver = false;
  const nudge = (): void => {
    if (wake.length === 0) wake.push(true);
  };
  const answer = (reply: EncodedReply): void => {
    replies.push(reply);
    nudge();
  };
  const read = async (): Promise<void> => {
    for await (const { requests } of messages) {
      inWork += requests.length;
      if (inWork > requestsMax) throw new GrpcError(status.RESOURCE_EXHAUSTED, `more than ${requestsMax} requests of one stream in work`);
      for (const request of requests) void serve(kv, request, who).then(answer);
    }
  };
  const stop = (): void => wake.end();
  signal.addEventListener('abort', stop, { once: true });
  read().then(
    () => {
      isOver = true;
      nudge();
    },
    (error: unknown) => wake.end(toError(error)),
  );
  for await (const _ of wake) {
    if (replies.length > 0) {
      const batch = replies;
      replies = [];
      yield batch;
      // Counted until they are sent: a caller that does not read must not be able to fill our memory.
      inWork -= batch.length;
    }
    if (isOver && inWork === 0 && replies.length === 0) return;
  }
}

async function serve(kv: KeyValues, { id, request }: Request, who: Credentials): Promise<EncodedReply> {
  try {
    switch (request?.$case) {
      case 'range':
        return { id, range: await kv.range(request.value, who) };
      case 'txn':
        return { id, reply: { $case: 'txn', value: await kv.txn(request.value, who) } } satisfies Reply;
      case undefined:
        throw new GrpcError(status.INVALID_ARGUMENT, 'a request of the stream holds neither a range nor a transaction');
    }
  } catch (error) {
    const { code, details } = toGrpcError(error);
    return { id, reply: { $case: 'failure', value: { code, message: details } } };
  }
}
