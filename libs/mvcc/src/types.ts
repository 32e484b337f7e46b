/**
 * The shapes of etcd's v3 requests as this library takes them: structurally the same as the generated messages,
 * so that a decoded request goes in without being copied, while the library itself knows no wire format.
 */

/** What the store keeps for a key at one revision. A tombstone has only a key and, in events, a modRevision. */
export interface KeyValue {
  key: Uint8Array;
  createRevision: bigint;
  modRevision: bigint;
  version: bigint;
  value: Uint8Array;
  lease: bigint;
}

/** 0 none, 1 ascending, 2 descending; others are refused before they come here. */
export type SortOrder = -1 | 0 | 1 | 2;
/** 0 key, 1 version, 2 create revision, 3 mod revision, 4 value. */
export type SortTarget = -1 | 0 | 1 | 2 | 3 | 4;

export interface RangeRequest {
  key: Uint8Array;
  rangeEnd: Uint8Array;
  limit: bigint;
  revision: bigint;
  sortOrder: SortOrder;
  sortTarget: SortTarget;
  keysOnly: boolean;
  countOnly: boolean;
  minModRevision: bigint;
  maxModRevision: bigint;
  minCreateRevision: bigint;
  maxCreateRevision: bigint;
}

export interface PutRequest {
  key: Uint8Array;
  value: Uint8Array;
  lease: bigint;
  prevKv: boolean;
  ignoreValue: boolean;
  ignoreLease: boolean;
}

export interface DeleteRangeRequest {
  key: Uint8Array;
  rangeEnd: Uint8Array;
  prevKv: boolean;
}

export interface RequestOp {
  request:
    | { $case: 'requestRange'; value: RangeRequest }
    | { $case: 'requestPut'; value: PutRequest }
    | { $case: 'requestDeleteRange'; value: DeleteRangeRequest }
    | { $case: 'requestTxn'; value: TxnRequest }
    | undefined;
}

export interface Compare {
  /** 0 equal, 1 greater, 2 less, 3 not equal. */
  result: -1 | 0 | 1 | 2 | 3;
  /** 0 version, 1 create revision, 2 mod revision, 3 value, 4 lease. */
  target: -1 | 0 | 1 | 2 | 3 | 4;
  key: Uint8Array;
  targetUnion:
    | { $case: 'version'; value: bigint }
    | { $case: 'createRevision'; value: bigint }
    | { $case: 'modRevision'; value: bigint }
    | { $case: 'value'; value: Uint8Array }
    | { $case: 'lease'; value: bigint }
    | undefined;
  rangeEnd: Uint8Array;
}

export interface TxnRequest {
  compare: Compare[];
  success: RequestOp[];
  failure: RequestOp[];
}

/** What goes through the log. */
export type Command =
  | { $case: 'put'; value: PutRequest }
  | { $case: 'deleteRange'; value: DeleteRangeRequest }
  | { $case: 'txn'; value: TxnRequest }
  | { $case: 'compaction'; value: { revision: bigint } }
  | { $case: 'leaseGrant'; value: { ID: bigint; TTL: bigint } }
  | { $case: 'leaseRevoke'; value: { ID: bigint } }
  /** What the leader's clock leaves of leases, in seconds; 0: all of it. */
  | { $case: 'leaseCheckpoint'; value: { checkpoints: Array<{ ID: bigint; remainingTTL: bigint }> } };

/** A place in history: `main` counts transactions, `sub` the changes within one. */
export interface Revision {
  readonly main: number;
  readonly sub: number;
}

/** One change of one key, in the order of revisions. */
export interface StoredEvent {
  readonly type: 'put' | 'delete';
  readonly keyText: string;
  /** Of a delete: only key and modRevision are set. */
  readonly kv: KeyValue;
  /** Of a put: `kv` as it is stored, which is also how it is sent. */
  readonly stored?: Uint8Array;
  readonly revision: Revision;
  /** Where the value before is kept; absent when the key did not exist. */
  readonly previous: Revision | undefined;
}

/** One change of the key space on disk; `value` absent: remove. */
export interface Write {
  readonly key: Uint8Array;
  readonly value?: Uint8Array;
}

/** How this library reads what it wrote: synchronous, because reads inside a transaction cannot wait. */
export interface Reader {
  /** The bytes under `diskKey`, in the layout of docs/store.md. */
  get(diskKey: Uint8Array): Uint8Array | undefined;
}
