import { isContainer, Document, parsePointer } from './document.ts';
import { badPatch, patchDoesNotApply, patchTooLarge } from './patch-error.ts';
import { deepCopy, deepEqual, getKey, hasKey, isJsonObject, jsonSize } from './values.ts';
import type { JsonObject } from './values.ts';

/** Most operations in one patch, as upstream. */
export const jsonPatchOperationsMax = 10_000;
/** Most bytes that `copy` may add in one patch, as upstream: the size of a request. */
export const jsonPatchCopyBytesMax = 3 * 1024 * 1024;
/** Most bytes that `test` may compare in one patch. */
export const jsonPatchTestBytesMax = 64 * 1024 * 1024;

type OperationName = 'add' | 'remove' | 'replace' | 'move' | 'copy' | 'test';

interface Operation {
  readonly op: OperationName;
  readonly path: string;
  readonly from: string;
  readonly value: unknown;
}

const operationNames: ReadonlySet<string> = new Set(['add', 'remove', 'replace', 'move', 'copy', 'test']);

/**
 * The document after a JSON patch (RFC 6902): all operations or, when one fails, none. As upstream, an index may count
 * from the end (`-1` is the last). Throws BadRequest, Invalid or RequestEntityTooLarge.
 */
export function applyJsonPatch(current: unknown, patch: unknown): unknown {
  const operations = parseOperations(patch);
  const document = new Document(deepCopy(current));
  const budget = { copy: jsonPatchCopyBytesMax, test: jsonPatchTestBytesMax };
  for (const operation of operations) applyOperation(document, operation, budget);
  jsonSize(document.root, Infinity);
  return document.root;
}

function applyOperation(document: Document, operation: Operation, budget: { copy: number; test: number }): void {
  const { op, path, from, value } = operation;
  switch (op) {
    case 'add':
      return document.add(path, deepCopy(value));
    case 'replace':
      return document.replace(path, deepCopy(value));
    case 'remove':
      document.remove(path, 'remove');
      return;
    case 'move': {
      if (path.startsWith(`${from}/`)) throw patchDoesNotApply(`move operation does not apply: ${JSON.stringify(from)} contains ${JSON.stringify(path)}`, path);
      return document.add(path, document.remove(from, 'move'));
    }
    case 'copy': {
      const copied = document.get(from, 'copy');
      budget.copy -= jsonSize(copied, budget.copy);
      if (budget.copy < 0) throw patchTooLarge(`Unable to complete the copy, the accumulated size increase of copy exceeds the limit ${jsonPatchCopyBytesMax}`);
      return document.add(path, deepCopy(copied));
    }
    default: {
      const found = document.find(path);
      if (isContainer(found)) budget.test -= jsonSize(found, budget.test);
      if (budget.test < 0) throw patchTooLarge(`Unable to complete the test, the compared values exceed the limit ${jsonPatchTestBytesMax}`);
      if (!deepEqual(found ?? null, value)) throw patchDoesNotApply(`testing value ${path} failed`, path);
    }
  }
}

function parseOperations(patch: unknown): Operation[] {
  if (!Array.isArray(patch)) throw badPatch('a JSON patch must be a list of operations');
  if (patch.length > jsonPatchOperationsMax) {
    throw patchTooLarge(`The allowed maximum operations in a JSON patch is ${jsonPatchOperationsMax}, got ${patch.length}`);
  }
  return patch.map(parseOperation);
}

function parseOperation(operation: unknown, index: number): Operation {
  if (!isJsonObject(operation)) throw badPatch(`operation ${index} of the JSON patch is not an object`);
  const op = textOf(operation, 'op', index);
  if (!operationNames.has(op)) throw patchDoesNotApply(`Unexpected kind: ${op}`);
  const path = textOf(operation, 'path', index);
  const needsFrom = op === 'move' || op === 'copy';
  const needsValue = op === 'add' || op === 'replace' || op === 'test';
  if (needsValue && !hasKey(operation, 'value')) throw patchDoesNotApply(`${op} operation ${index} has no value`, path);
  const from = needsFrom ? textOf(operation, 'from', index) : '';
  for (const pointer of [path, from]) parsePointer(pointer);
  return { op: op as OperationName, path, from, value: getKey(operation, 'value') };
}

function textOf(operation: JsonObject, key: string, index: number): string {
  const value = getKey(operation, key);
  if (typeof value !== 'string') throw patchDoesNotApply(`operation ${index} of the JSON patch has no ${key}`);
  return value;
}
