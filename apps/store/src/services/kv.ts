import type { Clock } from '@rhythm/base';
import { assembleRange, checkDeleteRange, checkPut, checkRange, checkTxn, decodeKeyValue, finishOps, MvccError, planKey, type RangePlan, type Reply, type RequestFault } from '@rhythm/mvcc';
import { unaryHandler, serverStreamHandler, type GrpcService } from '@rhythm/grpc';
import {
  KVService,
  type CompactionRequest,
  type CompactionResponse,
  type DeleteRangeRequest,
  type DeleteRangeResponse,
  type PutRequest,
  type PutResponse,
  RangeResponse,
  type RangeRequest,
  type TxnRequest,
  type TxnResponse,
} from '@rhythm/proto/etcd';
import { etcdError, notImplemented } from './errors.ts';
import { header, type Backend } from './header.ts';
import { encodeRange } from './range-encoding.ts';

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

  /** The answer to a range, encoded. */
  async range(request: RangeRequest): Promise<Buffer> {
    refuse(checkRange(request));
    if (!request.serializable) await this.#backend.host.linearizable();
    const plan = this.#plan(request);
    const values = plan.items.length <= rangeSliceItems ? this.#values(plan, 0) : await this.#valuesInSlices(plan);
    const head = header(this.#backend, plan.revision);
    if (plan.byValue === undefined && !plan.keysOnly) return encodeRange(head, values, plan.more, plan.count);
    const answer = assembleRange(plan, values.map(decodeKeyValue));
    return Buffer.from(RangeResponse.encode({ header: head, kvs: answer.kvs, more: answer.more, count: answer.count }).finish());
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

  #values(plan: RangePlan, from: number): Uint8Array[] {
    const { state } = this.#backend.host;
    return plan.items.slice(from, from + rangeSliceItems).map((item) => state.required(planKey(item)));
  }

  #valuesInSlices(plan: RangePlan): Promise<Uint8Array[]> {
    return this.#backend.host.state.reading(async () => {
      const values: Uint8Array[] = [];
      while (values.length < plan.items.length) {
        if (values.length > 0) await this.#clock.sleep(0);
        for (const value of this.#values(plan, values.length)) values.push(value);
      }
      return values;
    });
  }
}

export function kvService(kv: KeyValues): GrpcService {
  return {
    definition: { ...KVService, range: { ...KVService.range, responseSerialize: (encoded: Buffer) => encoded } },
    implementation: {
      range: unaryHandler<RangeRequest, Buffer>((request) => kv.range(request)),
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
