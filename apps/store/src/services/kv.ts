import type { Clock } from '@rhythm/base';
import { assembleRange, checkDeleteRange, checkPut, checkRange, checkTxn, finishOps, MvccError, readItem, type KeyValue, type RangePlan, type Reply, type RequestFault } from '@rhythm/mvcc';
import { unaryHandler, serverStreamHandler, type GrpcService } from '@rhythm/grpc';
import {
  KVService,
  type CompactionRequest,
  type CompactionResponse,
  type DeleteRangeRequest,
  type DeleteRangeResponse,
  type PutRequest,
  type PutResponse,
  type RangeRequest,
  type RangeResponse,
  type TxnRequest,
  type TxnResponse,
} from '@rhythm/proto/etcd';
import { etcdError, notImplemented } from './errors.ts';
import { header, type Backend } from './header.ts';

/** Values read between two turns of the event loop: about 15 ms of work. */
const rangeSliceItems = 4000;

/** The operations of etcd's KV service, for the unary methods and the batched stream alike. Throw etcd's errors. */
export class KeyValues {
  readonly #backend: Backend;
  readonly #clock: Clock;

  constructor(backend: Backend, clock: Clock) {
    this.#backend = backend;
    this.#clock = clock;
  }

  async range(request: RangeRequest): Promise<RangeResponse> {
    refuse(checkRange(request));
    if (!request.serializable) await this.#backend.host.linearizable();
    const plan = this.#plan(request);
    const kvs = plan.items.length <= rangeSliceItems ? this.#values(plan, 0) : await this.#valuesInSlices(plan);
    const answer = assembleRange(plan, kvs);
    return { header: header(this.#backend, answer.revision), kvs: answer.kvs, more: answer.more, count: answer.count };
  }

  async put(request: PutRequest): Promise<PutResponse> {
    refuse(checkPut(request));
    const reply = expect(await this.#backend.host.propose({ $case: 'put', value: request }), 'put');
    return { header: header(this.#backend, reply.revision), prevKv: reply.prevKv };
  }

  async deleteRange(request: DeleteRangeRequest): Promise<DeleteRangeResponse> {
    refuse(checkDeleteRange(request));
    const reply = expect(await this.#backend.host.propose({ $case: 'deleteRange', value: request }), 'deleteRange');
    return { header: header(this.#backend, reply.revision), deleted: BigInt(reply.deleted), prevKvs: reply.prevKvs };
  }

  async txn(request: TxnRequest): Promise<TxnResponse> {
    refuse(checkTxn(request));
    const reply = expect(await this.#backend.host.propose({ $case: 'txn', value: request }), 'txn');
    return {
      header: header(this.#backend, reply.revision),
      succeeded: reply.succeeded,
      responses: finishOps(reply.responses, (key) => this.#backend.host.state.required(key)),
    };
  }

  async compact(request: CompactionRequest): Promise<CompactionResponse> {
    const reply = await this.#backend.host.propose({ $case: 'compaction', value: request });
    return { header: header(this.#backend, reply.revision) };
  }

  #plan(request: RangeRequest): RangePlan {
    try {
      return this.#backend.host.state.mvcc.range(request);
    } catch (error) {
      throw error instanceof MvccError ? etcdError(error.kind) : error;
    }
  }

  #values(plan: RangePlan, from: number): KeyValue[] {
    const { state } = this.#backend.host;
    return plan.items.slice(from, from + rangeSliceItems).map((item) => readItem(item, (key) => state.required(key)));
  }

  #valuesInSlices(plan: RangePlan): Promise<KeyValue[]> {
    return this.#backend.host.state.reading(async () => {
      const kvs: KeyValue[] = [];
      while (kvs.length < plan.items.length) {
        if (kvs.length > 0) await this.#clock.sleep(0);
        for (const kv of this.#values(plan, kvs.length)) kvs.push(kv);
      }
      return kvs;
    });
  }
}

export function kvService(kv: KeyValues): GrpcService {
  return {
    definition: KVService,
    implementation: {
      range: unaryHandler<RangeRequest, RangeResponse>((request) => kv.range(request)),
      put: unaryHandler<PutRequest, PutResponse>((request) => kv.put(request)),
      deleteRange: unaryHandler<DeleteRangeRequest, DeleteRangeResponse>((request) => kv.deleteRange(request)),
      txn: unaryHandler<TxnRequest, TxnResponse>((request) => kv.txn(request)),
      compact: unaryHandler<CompactionRequest, CompactionResponse>((request) => kv.compact(request)),
      // oxlint-disable-next-line require-yield
      rangeStream: serverStreamHandler<RangeRequest, never>(async function* () {
        throw notImplemented('RangeStream');
      }),
    },
  };
}

function refuse(fault: RequestFault | undefined): void {
  if (fault !== undefined) throw etcdError(fault);
}

function expect<K extends Reply['$case']>(reply: Reply, kind: K): Extract<Reply, { $case: K }> {
  if (reply.$case !== kind) throw new Error(`a ${kind} was answered with ${reply.$case}`);
  return reply as Extract<Reply, { $case: K }>;
}
