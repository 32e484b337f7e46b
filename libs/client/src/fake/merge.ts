import { ApiError } from '@rhythm/api';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type JsonObject = { [key: string]: Json };

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Sets an own property, whatever its name: `__proto__` stays data. */
function put(target: JsonObject, key: string, value: Json): void {
  Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
}

/** RFC 7386. Returns a new value. */
export function mergePatch(target: Json, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const result: JsonObject = {};
  if (isObject(target)) for (const key of Object.keys(target)) put(result, key, target[key] ?? null);
  for (const key of Object.keys(patch)) {
    const value = patch[key] ?? null;
    if (value === null) delete result[key];
    else put(result, key, mergePatch(Object.hasOwn(result, key) ? (result[key] ?? null) : null, value));
  }
  return result;
}

/** Merge keys of the lists that strategic merge patches touch in practice (by field name, as they agree across kinds). */
const mergeKeys: Readonly<Record<string, readonly string[]>> = {
  conditions: ['type'],
  containers: ['name'],
  initContainers: ['name'],
  ephemeralContainers: ['name'],
  env: ['name'],
  volumes: ['name'],
  volumeMounts: ['mountPath'],
  ports: ['containerPort', 'port'],
  ownerReferences: ['uid'],
  addresses: ['type'],
  imagePullSecrets: ['name'],
  podIPs: ['ip'],
  secrets: ['name'],
  hostAliases: ['ip'],
};
/** Lists of plain values that are sets. */
const sets = new Set(['finalizers']);

/** Strategic merge patch, near enough for tests: lists above are merged by key, `$patch: delete` and `$deleteFromPrimitiveList` work. */
export function strategicPatch(target: Json, patch: Json): Json {
  if (!isObject(patch)) return patch;
  if (patch['$patch'] === 'replace') return withoutDirectives(patch);
  const result: JsonObject = {};
  if (isObject(target)) for (const key of Object.keys(target)) put(result, key, target[key] ?? null);
  for (const key of Object.keys(patch)) {
    const value = patch[key] ?? null;
    const current = Object.hasOwn(result, key) ? (result[key] ?? null) : null;
    const listDeleted = /^\$deleteFromPrimitiveList\/(.+)$/.exec(key)?.[1];
    if (listDeleted !== undefined) removeFromList(result, listDeleted, value);
    else if (key.startsWith('$')) continue;
    else if (value === null) delete result[key];
    else if (Array.isArray(value)) put(result, key, patchList(key, Array.isArray(current) ? current : [], value));
    else put(result, key, strategicPatch(current, value));
  }
  return result;
}

function withoutDirectives(patch: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(patch).filter(([key]) => !key.startsWith('$')));
}

function removeFromList(result: JsonObject, key: string, values: Json): void {
  const current = result[key];
  if (Array.isArray(current) && Array.isArray(values)) put(result, key, current.filter((item) => !values.includes(item)));
}

function patchList(field: string, current: Json[], patch: Json[]): Json[] {
  if (sets.has(field)) return [...new Set([...current, ...patch])];
  const keys = Object.hasOwn(mergeKeys, field) ? mergeKeys[field] : undefined;
  if (keys === undefined) return patch;
  const result = [...current];
  for (const item of patch) {
    if (!isObject(item)) throw new ApiError('BadRequest', `the patch of ${field} holds something that is not an object`);
    const key = keys.find((name) => item[name] !== undefined);
    if (key === undefined) throw new ApiError('BadRequest', `map: does not contain declared merge key: ${keys[0] ?? ''}`);
    const at = result.findIndex((existing) => isObject(existing) && existing[key] === item[key]);
    if (item['$patch'] === 'delete') {
      if (at >= 0) result.splice(at, 1);
    } else if (at >= 0) result[at] = strategicPatch(result[at] ?? null, item);
    else result.push(item);
  }
  return result;
}

/** RFC 6902. Throws `ApiError` Invalid when an operation or a test fails. Returns a new value. */
export function jsonPatch(target: Json, operations: Json): Json {
  if (!Array.isArray(operations)) throw new ApiError('BadRequest', 'a JSON patch is an array of operations');
  const root: { value: Json } = { value: structuredClone(target) };
  for (const operation of operations) {
    if (!isObject(operation)) throw new ApiError('BadRequest', 'an operation of a JSON patch is an object');
    applyOperation(root, operation);
  }
  return root.value;
}

function applyOperation(root: { value: Json }, operation: JsonObject): void {
  const path = pointer(operation['path']);
  const value = operation['value'] ?? null;
  switch (operation['op']) {
    case 'add':
      return add(root, path, value);
    case 'remove':
      return remove(root, path);
    case 'replace':
      find(root, path);
      remove(root, path);
      return add(root, path, value);
    case 'test':
      if (JSON.stringify(find(root, path)) !== JSON.stringify(value)) throw failed(`testing path /${path.join('/')} failed`);
      return;
    case 'copy':
      return add(root, path, structuredClone(find(root, pointer(operation['from']))));
    case 'move': {
      const from = pointer(operation['from']);
      const moved = find(root, from);
      remove(root, from);
      return add(root, path, moved);
    }
    default:
      throw new ApiError('BadRequest', `unknown JSON patch operation ${JSON.stringify(operation['op'])}`);
  }
}

function pointer(path: Json | undefined): string[] {
  if (typeof path !== 'string' || (path !== '' && !path.startsWith('/'))) throw new ApiError('BadRequest', 'a JSON patch path begins with /');
  return path === '' ? [] : path.slice(1).split('/').map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function failed(why: string): ApiError {
  return new ApiError('Invalid', `the server rejected our request due to an error in our request: ${why}`);
}

function find(root: { value: Json }, path: readonly string[]): Json {
  let value = root.value;
  for (const part of path) {
    const next = Array.isArray(value) ? value[Number(part)] : isObject(value) && Object.hasOwn(value, part) ? value[part] : undefined;
    if (next === undefined) throw failed(`no value at /${path.join('/')}`);
    value = next;
  }
  return value;
}

function add(root: { value: Json }, path: readonly string[], value: Json): void {
  const last = path.at(-1);
  if (last === undefined) {
    root.value = value;
    return;
  }
  const parent = find(root, path.slice(0, -1));
  if (Array.isArray(parent)) {
    const index = last === '-' ? parent.length : Number(last);
    if (!Number.isInteger(index) || index < 0 || index > parent.length) throw failed(`no index ${last}`);
    parent.splice(index, 0, value);
  } else if (isObject(parent)) put(parent, last, value);
  else throw failed(`nothing to add to at /${path.join('/')}`);
}

function remove(root: { value: Json }, path: readonly string[]): void {
  find(root, path);
  const last = path.at(-1);
  if (last === undefined) return;
  const parent = find(root, path.slice(0, -1));
  if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else if (isObject(parent)) delete parent[last];
}
