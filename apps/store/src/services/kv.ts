import type { Clock } from '@rhythm/base';
import { assembleRange, checkDeleteRange, checkPut, checkRange, checkTxn, decodeKeyValue, finishOps, MvccError, type KeyValue, type RangePlan, type RequestFault } from '@rhythm/mvcc';
import { unaryHandler, serverStreamHandler, type GrpcService } from '@rhythm/grpc';
import { encodeMessage } from '@rhythm/proto/encode';
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
  type ResponseHeader,
  type TxnRequest,
  type TxnResponse,
} from '@rhythm/proto/etcd';
import type { Caller } from '@rhythm/proto/store';
import type { Credentials } from '../auth/gate.ts';
import { etcdError } from './errors.ts';
import { header, type Backend } from './header.ts';
import { encodeRange } from './range-encoding.ts';
import { isStreamable, streamRange } from './range-stream.ts';

/** Values read between two turns of the event loop: about 15 ms of work. */
const rangeSliceItems = 4000;

/** What a small range found. */
export interface ReadAnswer {
  readonly header: ResponseHeader;
  readonly values: readonly KeyValue[];
}

/**
 * The operations of etcd's KV service, for the unary methods and the batched stream alike, each in the name of a caller.
 * Throw etcd's errors.
 */
export class KeyValues {
  readonly #backend: Backend;
  readonly #clock: Clock;
  /** Ranges answered since the start, those within transactions aside. */
  ranges = 0;

  constructor(backend: Backend, clock: Clock) {
    this.#backend = backend;
    this.#clock = clock;
  }

  /** The answer to a range, encoded. */
  async range(request: RangeRequest, who: Credentials): Promise<Buffer> {
    const plan = this.#plan(request, await this.#reader(request, who));
    const values = plan.items.length <= rangeSliceItems ? this.#values(plan, 0) : await this.#valuesInSlices(plan);
    const head = header(this.#backend, plan.revision);
    if (plan.byValue === undefined && !plan.keysOnly) return encodeRange(head, values, plan.more, plan.count);
    const answer = assembleRange(plan, values.map(decodeKeyValue));
    return encodeMessage((writer) => RangeResponse.encode({ header: head, kvs: answer.kvs, more: answer.more, count: answer.count }, writer));
  }

  /** The answer to a range, encoded, in parts of bounded size. */
  async *rangeStream(request: RangeRequest, who: Credentials): AsyncGenerator<Buffer> {
    if (request.key.length > 0 && !isStreamable(request)) throw etcdError('InvalidSortOption');
    const caller = await this.#reader(request, who);
    const plan = this.#plan(request, caller);
    const backend = this.#backend;
    const at = request.revision > 0n ? Number(request.revision) : plan.revision;
    yield* streamRange(() => backend.host.state, this.#clock, { plan, at, header: header(backend, plan.revision), check: () => backend.access.range(caller, request) });
  }

  /** Reads few keys and gives them to `use` in the turn in which they were read: nothing has changed meanwhile. */
  async read<T>(request: RangeRequest, who: Credentials, use: (answer: ReadAnswer) => T): Promise<T> {
    const plan = this.#plan(request, await this.#reader(request, who));
    return use({ header: header(this.#backend, plan.revision), values: this.#values(plan, 0).map(decodeKeyValue) });
  }

  async put(request: PutRequest, who: Credentials): Promise<PutResponse> {
    refuse(checkPut(request));
    const reply = await this.#backend.propose({ $case: 'put', value: request }, who);
    return { header: header(this.#backend, reply.revision), prevKv: reply.prevKv };
  }

  async deleteRange(request: DeleteRangeRequest, who: Credentials): Promise<DeleteRangeResponse> {
    refuse(checkDeleteRange(request));
    const reply = await this.#backend.propose({ $case: 'deleteRange', value: request }, who);
    return { header: header(this.#backend, reply.revision), deleted: BigInt(reply.deleted), prevKvs: reply.prevKvs };
  }

  async txn(request: TxnRequest, who: Credentials): Promise<TxnResponse> {
    refuse(checkTxn(request));
    const reply = await this.#backend.propose({ $case: 'txn', value: request }, who);
    return {
      header: header(this.#backend, reply.revision),
      succeeded: reply.succeeded,
      responses: finishOps(reply.responses, (key) => this.#backend.host.state.required(key)),
    };
  }

  async compact(request: CompactionRequest, who: Credentials): Promise<CompactionResponse> {
    const reply = await this.#backend.propose({ $case: 'compaction', value: request }, who);
    return { header: header(this.#backend, reply.revision) };
  }

  /** Who reads, once the state holds what the read must see. */
  async #reader(request: RangeRequest, who: Credentials): Promise<Caller | undefined> {
    refuse(checkRange(request));
    if (!request.serializable) await this.#backend.host.linearizable();
    return this.#backend.auth.enabled ? await this.#backend.caller(who) : undefined;
  }

  /** Checks and plans in one turn: a permission that was taken back is never used. */
  #plan(request: RangeRequest, caller: Caller | undefined): RangePlan {
    this.#backend.access.range(caller, request);
    this.ranges++;
    try {
      return this.#backend.host.state.mvcc.range(request);
    } catch (error) {
      throw error instanceof MvccError ? etcdError(error.kind) : error;
    }
  }

  #values(plan: RangePlan, from: number, state = this.#backend.host.state): Uint8Array[] {
    return plan.items.slice(from, from + rangeSliceItems).map((item) => state.value(item.revision));
  }

  #valuesInSlices(plan: RangePlan): Promise<Uint8Array[]> {
    const { state } = this.#backend.host;
    return state.reading(async () => {
      const values: Uint8Array[] = [];
      while (values.length < plan.items.length) {
        if (values.length > 0) await this.#clock.sleep(0);
        for (const value of this.#values(plan, values.length, state)) values.push(value);
      }
      return values;
    });
  }
}

export function kvService(kv: KeyValues): GrpcService {
  return {
    definition: { ...KVService, range: { ...KVService.range, responseSerialize: asIs }, rangeStream: { ...KVService.rangeStream, responseSerialize: asIs } },
    implementation: {
      range: unaryHandler<RangeRequest, Buffer>((request, context) => kv.range(request, context)),
      put: unaryHandler<PutRequest, PutResponse>((request, context) => kv.put(request, context)),
      deleteRange: unaryHandler<DeleteRangeRequest, DeleteRangeResponse>((request, context) => kv.deleteRange(request, context)),
      txn: unaryHandler<TxnRequest, TxnResponse>((request, context) => kv.txn(request, context)),
      compact: unaryHandler<CompactionRequest, CompactionResponse>((request, context) => kv.compact(request, context)),
      rangeStream: serverStreamHandler<RangeRequest, Buffer>((request, context) => kv.rangeStream(request, context)),
    },
  };
}

const asIs = (encoded: Buffer): Buffer => encoded;

function refuse(fault: RequestFault | undefined): void {
  if (fault !== undefined) throw etcdError(fault);
}
