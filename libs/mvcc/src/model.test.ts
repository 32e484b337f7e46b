import fc from 'fast-check';
import { expect, it } from 'vitest';
import { assembleRange } from './range.ts';
import { dataKey } from './disk-key.ts';
import { decodeKeyValue } from './key-value.ts';
import { finishOps, type Reply } from './reply.ts';
import { keyText } from './key.ts';
import { Mvcc } from './mvcc.ts';
import { MvccError } from './errors.ts';
import { checkTxn } from './check.ts';
import { parseDataKey } from './disk-key.ts';
import type { Command, Compare, KeyValue, RangeRequest, RequestOp, TxnRequest } from './types.ts';

/**
 * The state against a naive twin that keeps a whole copy of the key space for every revision. Random commands, then every
 * range of the present and the past, the history a watch would see, and the same again after a restart from what is on disk.
 */
interface Row {
  readonly value: string;
  readonly create: number;
  readonly mod: number;
  readonly version: number;
  readonly lease: bigint;
}
type Rows = ReadonlyMap<string, Row>;
interface Change {
  readonly mod: number;
  readonly key: string;
  readonly value: string | undefined;
}

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const noBytes = new Uint8Array(0);

class Model {
  /** By revision; those below the compacted one stay, unread. */
  snapshots = new Map<number, Rows>([[1, new Map()]]);
  changes: Change[] = [];
  leases = new Set<bigint>();
  revision = 1;
  compacted = -1;

  get now(): Rows {
    return this.snapshots.get(this.revision) ?? new Map();
  }

  /** Keys of a range, by plain comparison. */
  static matching(rows: Rows, key: string, end: string): string[] {
    return [...rows.keys()].filter((k) => (end === '' ? k === key : k >= key && (end === '\0' || k < end))).sort();
  }

  /** One transaction: changes of a copy, kept when there were any. */
  transact(work: (rows: Map<string, Row>, put: (key: string, value: string, lease: bigint) => void, remove: (key: string) => void) => void): void {
    const rows = new Map(this.now);
    const changes: Change[] = [];
    const mod = this.revision + 1;
    work(
      rows,
      (key, value, lease) => {
        const old = rows.get(key);
        rows.set(key, { value, create: old?.create ?? mod, mod, version: (old?.version ?? 0) + 1, lease });
        changes.push({ mod, key, value });
      },
      (key) => {
        rows.delete(key);
        changes.push({ mod, key, value: undefined });
      },
    );
    if (changes.length === 0) return;
    this.revision = mod;
    this.snapshots.set(mod, rows);
    this.changes.push(...changes);
  }

  holds(compare: Compare): boolean {
    const rows = this.now;
    const keys = Model.matching(rows, keyText(compare.key), keyText(compare.rangeEnd));
    const test = (row: Row | undefined): boolean => {
      const given = compare.targetUnion;
      if (given === undefined) return false;
      let left: bigint | string;
      if (given.$case === 'value') {
        if (row === undefined) return false;
        left = row.value;
      } else {
        left = given.$case === 'version' ? BigInt(row?.version ?? 0) : given.$case === 'createRevision' ? BigInt(row?.create ?? 0) : given.$case === 'modRevision' ? BigInt(row?.mod ?? 0) : (row?.lease ?? 0n);
      }
      const right = given.$case === 'value' ? keyText(given.value) : given.value;
      return [left === right, left > right, left < right, left !== right][compare.result] ?? false;
    };
    return keys.length === 0 ? test(undefined) : keys.every((key) => test(rows.get(key)));
  }
}

const keys = ['a', 'aa', 'ab', 'b', '__proto__', '\xff'];
const key = fc.constantFrom(...keys);
const value = fc.constantFrom('', '1', '2', 'three');
const end = fc.constantFrom('', 'ab', 'c', '\0');
const lease = fc.constantFrom(0n, 0n, 0n, 1n, 2n);

const putOp = fc.record({ key, value, lease, ignoreValue: fc.constantFrom(false, false, false, true), ignoreLease: fc.constantFrom(false, false, false, true), prevKv: fc.boolean() }).map((put): RequestOp => ({
  request: {
    $case: 'requestPut',
    value: { ...put, key: bytes(put.key), value: put.ignoreValue ? noBytes : bytes(put.value), lease: put.ignoreLease ? 0n : put.lease },
  },
}));
const deleteOp = fc.record({ key, end }).map((del): RequestOp => ({ request: { $case: 'requestDeleteRange', value: { key: bytes(del.key), rangeEnd: bytes(del.end), prevKv: true } } }));
const rangeOp = fc.record({ key, end }).map(({ key: from, end: to }): RequestOp => ({ request: { $case: 'requestRange', value: rangeOf(from, to) } }));
const compare = fc
  .record({
    result: fc.constantFrom(0 as const, 1 as const, 2 as const, 3 as const),
    key,
    end: fc.constantFrom('', '', 'c'),
    union: fc.oneof(
      fc.constantFrom('version' as const, 'createRevision' as const, 'modRevision' as const, 'lease' as const).chain(($case) => fc.bigInt(0n, 6n).map((n) => ({ $case, value: n }))),
      value.map((text) => ({ $case: 'value' as const, value: bytes(text) })),
    ),
  })
  .map((c): Compare => ({
    result: c.result,
    target: ({ version: 0, createRevision: 1, modRevision: 2, value: 3, lease: 4 } as const)[c.union.$case],
    key: bytes(c.key),
    rangeEnd: bytes(c.end),
    targetUnion: c.union,
  }));
const { txn } = fc.letrec<{ txn: TxnRequest; op: RequestOp }>((tie) => ({
  op: fc.oneof({ depthSize: 'small', withCrossShrink: true }, putOp, deleteOp, rangeOp, tie('txn').map((nested): RequestOp => ({ request: { $case: 'requestTxn', value: nested } }))),
  txn: fc.record({ compare: fc.array(compare, { maxLength: 2 }), success: fc.array(tie('op'), { maxLength: 3 }), failure: fc.array(tie('op'), { maxLength: 2 }) }),
}));
type Step = { readonly command: Command } | { readonly compactBack: number };
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: putOp.map(({ request }): Step => ({ command: { $case: 'put', value: (request as unknown as { value: never }).value } })) },
  { weight: 3, arbitrary: deleteOp.map(({ request }): Step => ({ command: { $case: 'deleteRange', value: (request as unknown as { value: never }).value } })) },
  { weight: 5, arbitrary: txn.filter((t) => checkTxn(t) === undefined).map((t): Step => ({ command: { $case: 'txn', value: t } })) },
  { weight: 2, arbitrary: fc.constantFrom(1n, 2n).map((ID): Step => ({ command: { $case: 'leaseGrant', value: { ID, TTL: 10n } } })) },
  { weight: 1, arbitrary: fc.constantFrom(1n, 2n).map((ID): Step => ({ command: { $case: 'leaseRevoke', value: { ID } } })) },
  { weight: 2, arbitrary: fc.nat(4).map((compactBack): Step => ({ compactBack })) },
);

it('answers as a naive model does, now, in the past, to watches and after a restart', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40, size: 'max' }), (steps) => {
      const model = new Model();
      const disk = new Map<string, Uint8Array>();
      const mvcc = new Mvcc();
      for (const one of steps) {
        const command: Command = 'command' in one ? one.command : { $case: 'compaction', value: { revision: BigInt(model.revision - one.compactBack) } };
        const applied = mvcc.apply(command, { get: (diskKey) => disk.get(keyText(diskKey)) });
        for (const write of applied.writes) {
          if (write.value === undefined) disk.delete(keyText(write.key));
          else disk.set(keyText(write.key), write.value);
        }
        const before = model.now;
        const isTaken = apply(model, command);
        expect(applied.reply instanceof MvccError).toBe(!isTaken);
        if (applied.reply instanceof MvccError) continue;
        expect(mvcc.revision).toBe(model.revision);
        expect(applied.events.map((e) => [e.revision.main, e.keyText, e.type])).toEqual(
          model.changes.slice(model.changes.length - applied.events.length).map((c) => [c.mod, c.key, c.value === undefined ? 'delete' : 'put']),
        );
        checkReply(applied.reply, command, before, model, disk);
        if (command.$case === 'compaction') for (const removals of mvcc.collectGarbage(2)) for (const { key: gone } of removals) disk.delete(keyText(gone));
      }
      checkState(mvcc, model, disk);
      checkState(restored(disk, model), model, disk);
    }),
    { numRuns: 600, seed: 20 },
  );
});

function rangeOf(from: string, to: string, at = 0): RangeRequest {
  return {
    key: bytes(from), rangeEnd: bytes(to), limit: 0n, revision: BigInt(at), sortOrder: 0, sortTarget: 0, keysOnly: false, countOnly: false,
    minModRevision: 0n, maxModRevision: 0n, minCreateRevision: 0n, maxCreateRevision: 0n,
  };
}

/** Applies a command to the model; false when it must be refused. */
function apply(model: Model, command: Command): boolean {
  switch (command.$case) {
    case 'put':
    case 'deleteRange':
    case 'txn': {
      const ops: RequestOp[] = [];
      if (command.$case === 'put') ops.push({ request: { $case: 'requestPut', value: command.value } });
      else if (command.$case === 'deleteRange') ops.push({ request: { $case: 'requestDeleteRange', value: command.value } });
      else flatten(model, command.value, ops);
      for (const { request } of ops) {
        if (request?.$case !== 'requestPut') continue;
        const { ignoreValue, ignoreLease, lease: id, key: at } = request.value;
        if ((ignoreValue || ignoreLease) && !model.now.has(keyText(at))) return false;
        if (id !== 0n && !model.leases.has(id)) return false;
      }
      model.transact((rows, put, remove) => {
        for (const { request } of ops) {
          if (request?.$case === 'requestPut') {
            const old = rows.get(keyText(request.value.key));
            put(keyText(request.value.key), request.value.ignoreValue ? (old?.value ?? '') : keyText(request.value.value), request.value.ignoreLease ? (old?.lease ?? 0n) : request.value.lease);
          } else if (request?.$case === 'requestDeleteRange') {
            for (const k of Model.matching(rows, keyText(request.value.key), keyText(request.value.rangeEnd))) remove(k);
          }
        }
      });
      return true;
    }
    case 'compaction': {
      const at = Number(command.value.revision);
      if (at <= model.compacted || at > model.revision) return false;
      model.compacted = at;
      return true;
    }
    case 'leaseGrant':
      if (model.leases.has(command.value.ID)) return false;
      model.leases.add(command.value.ID);
      return true;
    case 'leaseCheckpoint':
      return true;
    case 'leaseRevoke':
      if (!model.leases.delete(command.value.ID)) return false;
      model.transact((rows, _put, remove) => {
        for (const k of [...rows.keys()].sort()) if (rows.get(k)?.lease === command.value.ID) remove(k);
      });
      return true;
  }
}

/** The operations that run, nested ones included; comparisons look at the state before. */
function flatten(model: Model, request: TxnRequest, into: RequestOp[]): void {
  for (const op of request.compare.every((c) => model.holds(c)) ? request.success : request.failure) {
    if (op.request?.$case === 'requestTxn') flatten(model, op.request.value, into);
    else into.push(op);
  }
}

function rowsOf(kvs: readonly KeyValue[]): Array<[string, Row]> {
  return kvs.map((kv) => [keyText(kv.key), { value: keyText(kv.value), create: Number(kv.createRevision), mod: Number(kv.modRevision), version: Number(kv.version), lease: kv.lease }]);
}

/** What a single change or a transaction's ranges answered. */
function checkReply(reply: Reply, command: Command, before: Rows, model: Model, disk: Map<string, Uint8Array>): void {
  if (reply.$case === 'put' && command.$case === 'put') {
    const old = command.value.prevKv ? before.get(keyText(command.value.key)) : undefined;
    expect(reply.prevKv === undefined ? [] : rowsOf([reply.prevKv]).map(([, row]) => row)).toEqual(old === undefined ? [] : [old]);
  }
  if (reply.$case === 'deleteRange' && command.$case === 'deleteRange') {
    const gone = Model.matching(before, keyText(command.value.key), keyText(command.value.rangeEnd));
    expect(reply.deleted).toBe(gone.length);
    expect(rowsOf(reply.prevKvs)).toEqual(gone.map((k) => [k, before.get(k)]));
  }
  if (reply.$case === 'txn' && command.$case === 'txn') {
    expect(reply.succeeded).toBe(command.value.compare.every((c) => holdsIn(before, model, c)));
    // Every value a plan names can be read.
    finishOps(reply.responses, (diskKey) => disk.get(keyText(diskKey)) ?? expect.fail('a value is missing'));
  }
}

function holdsIn(rows: Rows, model: Model, c: Compare): boolean {
  const twin = new Model();
  twin.revision = model.revision;
  twin.snapshots.set(model.revision, rows);
  return twin.holds(c);
}

function checkState(mvcc: Mvcc, model: Model, disk: ReadonlyMap<string, Uint8Array>): void {
  const fetch = (diskKey: Uint8Array): Uint8Array => disk.get(keyText(diskKey)) ?? expect.fail('a value is missing');
  for (let at = 0; at <= model.revision + 1; at++) {
    for (const [from, to] of [['a', ''], ['a', 'ab'], ['\0', '\0'], ['a', 'c']] as const) {
      let answer;
      try {
        const plan = mvcc.range(rangeOf(from, to, at));
        answer = assembleRange(plan, plan.items.map((item) => decodeKeyValue(fetch(dataKey(item.revision)))));
      } catch (error) {
        if (!(error instanceof MvccError)) throw error;
        expect(error.kind).toBe(at > model.revision ? 'FutureRevision' : 'Compacted');
        expect(at > model.revision || at < model.compacted).toBe(true);
        continue;
      }
      const rows = at === 0 ? model.now : (model.snapshots.get(at) ?? expect.fail(`revision ${at} is not known`));
      expect(rowsOf(answer.kvs)).toEqual(Model.matching(rows, from, to).map((k) => [k, rows.get(k)]));
    }
  }
  const from = Math.max(1, model.compacted);
  const history = mvcc.history(bytes('\0'), bytes('\0'), from, model.revision).map(({ key: k, revision, isTombstone, previous }) => {
    const kv = decodeKeyValue(fetch(dataKey(revision, isTombstone)));
    if (previous !== undefined && previous.main >= from) fetch(dataKey(previous));
    return { mod: revision.main, key: k, value: isTombstone ? undefined : keyText(kv.value) };
  });
  // At the compacted revision itself only what is still visible, and deletions, are kept.
  const wanted = model.changes.filter((change) => change.mod >= from);
  expect(history).toEqual(wanted);
  const stored = [...disk].filter(([k]) => parseDataKey(bytes(k)) !== undefined);
  expect(mvcc.bytes).toBe(stored.reduce((sum, [k, value]) => sum + k.length + value.length, 0));
  for (const id of model.leases) {
    const held = [...(mvcc.leases.get(id)?.keys ?? [])].sort();
    expect(held).toEqual([...model.now].filter(([, row]) => row.lease === id).map(([k]) => k).sort());
  }
}

/** The same state from what is on disk. */
function restored(disk: ReadonlyMap<string, Uint8Array>, model: Model): Mvcc {
  const mvcc = new Mvcc();
  for (const id of model.leases) mvcc.leases.restore(id, 10n);
  for (const k of [...disk.keys()].sort()) {
    const place = parseDataKey(bytes(k));
    if (place !== undefined) mvcc.restoreValue(decodeKeyValue(disk.get(k) ?? noBytes), place.revision, place.tombstone, k.length + (disk.get(k)?.length ?? 0));
  }
  mvcc.restoreRevisions(model.revision, model.compacted);
  return mvcc;
}
