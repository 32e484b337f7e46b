import type { Command } from '@rhythm/mvcc';

/** What clients ask of the group: on one key each. */
export type Request =
  | { readonly kind: 'put'; readonly key: string; readonly value: string }
  | { readonly kind: 'delete'; readonly key: string }
  | { readonly kind: 'swap'; readonly key: string; readonly expected: string; readonly value: string }
  | { readonly kind: 'compact'; readonly revision: number };

export function encodeRequest(id: number, request: Request): Uint8Array {
  return Buffer.from(JSON.stringify({ id, ...request }));
}

export function decodeRequest(data: Uint8Array): { readonly id: number; readonly command: Command } {
  const request = JSON.parse(Buffer.from(data).toString()) as Request & { readonly id: number };
  return { id: request.id, command: commandOf(request) };
}

function commandOf(request: Request): Command {
  if (request.kind === 'compact') return { $case: 'compaction', value: { revision: BigInt(request.revision) } };
  const key = Buffer.from(request.key);
  const empty = new Uint8Array(0);
  if (request.kind === 'delete') return { $case: 'deleteRange', value: { key, rangeEnd: empty, prevKv: false } };
  const put = { key, value: Buffer.from(request.value), lease: 0n, prevKv: false, ignoreValue: false, ignoreLease: false };
  if (request.kind === 'put') return { $case: 'put', value: put };
  return {
    $case: 'txn',
    value: {
      compare: [{ result: 0, target: 3, key, targetUnion: { $case: 'value', value: Buffer.from(request.expected) }, rangeEnd: empty }],
      success: [{ request: { $case: 'requestPut', value: put } }],
      failure: [],
    },
  };
}
