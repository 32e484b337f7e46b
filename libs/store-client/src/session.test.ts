import { afterEach, expect, test } from 'vitest';
import { bidiHandler, dialGrpc, GrpcError, serveGrpc, status } from '@rhythm/grpc';
import { KVClient, type RangeRequest, type TxnRequest } from '@rhythm/proto/etcd';
import { TransactionsService, type Replies, type Request, type Requests } from '@rhythm/proto/store';
import { rangeRequest, txnRequest } from './requests.ts';
import { Session } from './session.ts';

const cleanups: Array<() => Promise<void> | void> = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).toReversed()) await clean();
});

interface Peer {
  readonly session: Session;
  /** The messages that came, as the requests in them. */
  readonly messages: ReadonlyArray<readonly Request[]>;
  /** Resolves once so many requests have come. */
  received(count: number): Promise<void>;
  /** Answers all that has come, each with its number as the count. */
  answer(): void;
}

/** A session with a store that answers when it is told to. */
async function peer(): Promise<Peer> {
  const messages: Array<readonly Request[]> = [];
  const waiting: Array<{ readonly count: number; readonly resolve: () => void }> = [];
  let answered = 0;
  let wake = Promise.withResolvers<void>();
  const total = (): number => messages.flat().length;
  async function* handle(incoming: AsyncIterable<Requests>): AsyncGenerator<Replies> {
    const read = async (): Promise<void> => {
      for await (const { requests } of incoming) {
        messages.push(requests);
        for (const one of waiting) if (total() >= one.count) one.resolve();
      }
    };
    void read();
    for (;;) {
      await wake.promise;
      wake = Promise.withResolvers();
      const requests = messages.flat().slice(answered);
      answered += requests.length;
      yield { replies: requests.map(({ id }) => ({ id, reply: { $case: 'range', value: { header: undefined, kvs: [], more: false, count: id } } })) };
    }
  }
  const server = await serveGrpc({ host: '127.0.0.1', port: 0, services: [{ definition: TransactionsService, implementation: { session: bidiHandler(handle) } }] });
  cleanups.push(() => server.stop(0));
  const client = dialGrpc(KVClient, { targets: `127.0.0.1:${server.port}` });
  cleanups.push(() => client.close());
  const session = new Session(client);
  cleanups.push(() => session.close());
  const received = (count: number): Promise<void> => (total() >= count ? Promise.resolve() : new Promise((resolve) => waiting.push({ count, resolve })));
  return { session, messages, received, answer: () => wake.resolve() };
}

const ask = ({ session }: Peer, key: string, signal?: AbortSignal) => session.range(rangeRequest(key, {}) as RangeRequest, signal);
/** As many steps of promises as a request takes on its way here, and more: all within one turn of the event loop. */
const steps = async (): Promise<void> => {
  for (let step = 0; step < 50; step++) await Promise.resolve();
};

test('requests of one turn leave in one message while others wait, one that is alone at once', async () => {
  const store = await peer();
  const asked = [ask(store, 'alone')];
  await steps();
  for (const key of ['a', 'b', 'c']) {
    asked.push(ask(store, key));
    await steps();
  }
  await store.received(4);
  expect(store.messages.map((requests) => requests.length)).toEqual([1, 3]);
  store.answer();
  expect((await Promise.all(asked)).map(({ count }) => count)).toEqual([1n, 2n, 3n, 4n]);
});

test('what is asked for together leaves together', async () => {
  const store = await peer();
  const asked = ['a', 'b', 'c'].map((key) => ask(store, key));
  await store.received(3);
  expect(store.messages).toHaveLength(1);
  store.answer();
  await Promise.all(asked);
});

test('a request that waits for the end of its turn fails with its stream', async () => {
  const store = await peer();
  const first = ask(store, 'first');
  await store.received(1);
  const second = ask(store, 'second');
  store.session.close();
  await expect(first).rejects.toMatchObject({ code: status.CANCELLED });
  await expect(second).rejects.toBeInstanceOf(GrpcError);
  const late = await ask(store, 'third').catch((error: unknown) => error);
  expect(late).toMatchObject({ code: status.UNAVAILABLE, details: expect.stringMatching(/^No connection established/) as string });
});

test('a message holds no more than the store takes', async () => {
  const store = await peer();
  const put = (key: string): TxnRequest => txnRequest([{ key, modRevision: 0 }], [{ kind: 'put', key, value: Buffer.alloc(400_000) }]) as TxnRequest;
  const first = ask(store, 'first');
  await store.received(1);
  // The answers are those of ranges: what matters is how the requests arrive.
  const asked = ['a', 'b', 'c'].map((key) => store.session.txn(put(key)).catch(() => undefined));
  await store.received(4);
  expect(store.messages.map((requests) => requests.length)).toEqual([1, 2, 1]);
  store.answer();
  await Promise.all([first, ...asked]);
});

test('a transaction compares, writes and reads each key', () => {
  const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString();
  const request = txnRequest([{ key: 'a', modRevision: 1 }, { key: 'é', modRevision: 2 }], [{ kind: 'put', key: 'é', value: Buffer.of(7) }, { kind: 'delete', key: 'a' }]);
  expect(request.compare.map(({ key }) => text(key))).toEqual(['a', 'é']);
  expect(request.success.map(({ request: one }) => (one?.$case === 'requestPut' || one?.$case === 'requestDeleteRange' ? text(one.value.key) : ''))).toEqual(['é', 'a']);
  expect(request.failure.map(({ request: one }) => (one?.$case === 'requestRange' ? [text(one.value.key), one.value.rangeEnd.length, one.value.limit] : []))).toEqual([['a', 0, 0n], ['é', 0, 0n]]);
});
