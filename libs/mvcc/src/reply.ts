import { decodeKeyValue } from './key-value.ts';
import { finishRange, planKey, type RangeAnswer, type RangePlan } from './range.ts';
import { dataKey } from './disk-key.ts';
import type { KeyValue, Revision } from './types.ts';

/** What a command answers. `revision` is the one its header reports; ranges are plans until `finish` reads the values. */
export type Reply =
  | { readonly $case: 'put'; readonly revision: number; readonly prevKv: KeyValue | undefined }
  | { readonly $case: 'deleteRange'; readonly revision: number; readonly deleted: number; readonly prevKvs: KeyValue[] }
  | { readonly $case: 'txn'; readonly revision: number; readonly succeeded: boolean; readonly responses: OpReply[] }
  | { readonly $case: 'compaction'; readonly revision: number }
  | { readonly $case: 'leaseGrant'; readonly revision: number; readonly ID: bigint; readonly TTL: bigint }
  | { readonly $case: 'leaseRevoke'; readonly revision: number }
  | { readonly $case: 'leaseCheckpoint'; readonly revision: number };

export type OpReply = { readonly $case: 'range'; readonly plan: RangePlan } | Extract<Reply, { $case: 'put' | 'deleteRange' | 'txn' }>;

/** Header of an operation inside a transaction: etcd fills in only the revision. */
interface OpHeader {
  clusterId: bigint;
  memberId: bigint;
  revision: bigint;
  raftTerm: bigint;
}

export type OpAnswer = {
  response:
    | { $case: 'responseRange'; value: { header: OpHeader; kvs: KeyValue[]; more: boolean; count: bigint } }
    | { $case: 'responsePut'; value: { header: OpHeader; prevKv: KeyValue | undefined } }
    | { $case: 'responseDeleteRange'; value: { header: OpHeader; deleted: bigint; prevKvs: KeyValue[] } }
    | { $case: 'responseTxn'; value: { header: OpHeader; succeeded: boolean; responses: OpAnswer[] } };
};

/** The answers of a transaction's operations, in etcd's shape; `fetch` reads values by their place on disk. */
export function finishOps(replies: readonly OpReply[], fetch: (diskKey: Uint8Array) => Uint8Array): OpAnswer[] {
  return replies.map((reply): OpAnswer => {
    switch (reply.$case) {
      case 'range': {
        const answer: RangeAnswer = finishRange(reply.plan, (revision: Revision) => fetch(dataKey(revision)));
        return { response: { $case: 'responseRange', value: { header: header(answer.revision), kvs: answer.kvs, more: answer.more, count: answer.count } } };
      }
      case 'put':
        return { response: { $case: 'responsePut', value: { header: header(reply.revision), prevKv: reply.prevKv } } };
      case 'deleteRange':
        return { response: { $case: 'responseDeleteRange', value: { header: header(reply.revision), deleted: BigInt(reply.deleted), prevKvs: reply.prevKvs } } };
      case 'txn':
        // etcd leaves the header of a nested transaction empty.
        return {
          response: { $case: 'responseTxn', value: { header: header(0), succeeded: reply.succeeded, responses: finishOps(reply.responses, fetch) } },
        };
    }
  });
}

/** Reads the value of one plan item. */
export function readItem(item: { readonly revision: Revision }, fetch: (diskKey: Uint8Array) => Uint8Array): KeyValue {
  return decodeKeyValue(fetch(planKey(item)));
}

function header(revision: number): OpHeader {
  return { clusterId: 0n, memberId: 0n, revision: BigInt(revision), raftTerm: 0n };
}
