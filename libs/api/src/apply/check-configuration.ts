import { decodeValue, type GroupVersionKind } from '../decode/index.ts';
import { deepCopy } from '../patch/values.ts';
import type { KubeObject } from '../resource.ts';
import { setOwn } from '../schema/own.ts';
import type { SchemaNode } from '../schema/node.ts';
import { ApiError } from '../status.ts';
import { elementText } from './path-element.ts';
import { memberNode } from './rule.ts';
import { itemElement, isMembers, isScalar, ruleFor, type ConcreteRule } from './value.ts';

/** Complaints named in one answer. */
const complaintsMax = 20;

/**
 * Checks the body of an apply and gives its scalars their canonical form. A configuration is not defaulted: what it does not say
 * it does not own; a null in it stays. @throws ApiError BadRequest for unknown fields, wrong types, items without keys or twice.
 */
export function checkConfiguration(schema: SchemaNode, value: unknown, gvk: GroupVersionKind): KubeObject {
  if (!isMembers(value)) throw new ApiError('BadRequest', 'the body of an apply must be an object');
  const { metadata } = value;
  if (metadata !== undefined && metadata !== null && !isMembers(metadata)) throw new ApiError('BadRequest', 'metadata must be an object');
  if (isMembers(metadata) && metadata['managedFields'] !== undefined && metadata['managedFields'] !== null) throw new ApiError('BadRequest', 'metadata.managedFields must be nil');
  const complaints: string[] = [];
  complain(schema, value, '', complaints);
  if (complaints.length > 0) throw new ApiError('BadRequest', `failed to create typed patch object (${nameOf(value, gvk)}): ${complaintText(complaints)}`);
  const { object } = decodeValue(deepCopy(value), { expected: gvk, resolve: () => schema, fieldValidation: 'Ignore' });
  keepNulls(value, object);
  (object as { metadata?: unknown }).metadata ??= {};
  return object as unknown as KubeObject;
}

function nameOf(value: Readonly<Record<string, unknown>>, { group, version, kind }: GroupVersionKind): string {
  const { namespace, name } = (isMembers(value['metadata']) ? value['metadata'] : {}) as { namespace?: unknown; name?: unknown };
  return `${typeof namespace === 'string' ? namespace : ''}/${typeof name === 'string' ? name : ''}; ${group}/${version}, Kind=${kind}`;
}

function complaintText(complaints: readonly string[]): string {
  return complaints.length === 1 ? (complaints[0] ?? '') : `errors:\n${complaints.map((text) => `  ${text}`).join('\n')}`;
}

function complain(schema: SchemaNode, value: unknown, path: string, into: string[]): void {
  if (into.length >= complaintsMax || value === null || value === undefined) return;
  const rule = ruleFor(schema, value);
  const problem = (text: string): void => void into.push(path === '' ? text : `${path}: ${text}`);
  switch (rule.op) {
    case 'scalar': {
      const text = scalarProblem(rule.expects, value);
      if (text !== undefined) problem(text);
      return;
    }
    case 'map':
      return complainOfMembers(rule, value, path, into, problem);
    case 'atomic':
      if (rule.of === 'map') return complainOfMembers(rule, value, path, into, problem);
      if (!Array.isArray(value)) return problem(`expected list, got ${show(value)}`);
      return value.forEach((item, index) => complain(rule.each ?? schema, item, `${path}[${index}]`, into));
    default:
      if (!Array.isArray(value)) return problem(`expected list, got ${show(value)}`);
      return complainOfItems(rule, value, path, into, problem);
  }
}

function complainOfMembers(rule: Extract<ConcreteRule, { op: 'map' | 'atomic' }>, value: unknown, path: string, into: string[], problem: (text: string) => void): void {
  if (!isMembers(value)) return problem(`expected map, got ${show(value)}`);
  for (const name of Object.keys(value)) {
    if (into.length >= complaintsMax) return;
    const schema = memberNode(rule, name);
    if (schema === undefined) into.push(`${path}.${name.slice(0, 128)}: field not declared in schema`);
    else complain(schema, value[name], `${path}.${name}`, into);
  }
}

function complainOfItems(rule: Extract<ConcreteRule, { op: 'items' | 'set' }>, value: readonly unknown[], path: string, into: string[], problem: (text: string) => void): void {
  const seen = new Set<string>();
  value.forEach((item, index) => {
    if (into.length >= complaintsMax) return;
    const element = itemElement(rule, item);
    if (element === undefined) return problem(`element ${index}: ${itemProblem(rule, item)}`);
    if (seen.has(element)) problem(`duplicate entries for key ${elementText(element)}`);
    seen.add(element);
    if (rule.op === 'items') complain(rule.items, item, `${path}${elementText(element)}`, into);
  });
}

function itemProblem(rule: Extract<ConcreteRule, { op: 'items' | 'set' }>, item: unknown): string {
  if (rule.op === 'set') return `expected a scalar as element of a set, got ${show(item)}`;
  if (item === null) return 'associative list with keys may not have a null element';
  if (!isMembers(item)) return 'associative list with keys may not have non-map elements';
  const missing = rule.keys.find(({ name, fallback }) => !Object.hasOwn(item, name) && fallback === undefined);
  if (missing === undefined) return `the keys ${rule.keys.map(({ name }) => name).join(', ')} must be scalars`;
  return `associative list with keys has an element that omits key field ${JSON.stringify(missing.name)} (and doesn't have default value)`;
}

function scalarProblem(expects: 'string' | 'number' | 'boolean' | 'any', value: unknown): string | undefined {
  if (expects === 'any') return isScalar(value) ? undefined : `expected any scalar, got ${show(value)}`;
  if (typeof value === expects) return undefined;
  if (expects === 'number') return `expected numeric (int or float), got ${goType(value)}`;
  return `expected ${expects}, got ${show(value)}`;
}

function goType(value: unknown): string {
  if (Array.isArray(value)) return '[]interface {}';
  return typeof value === 'boolean' ? 'bool' : typeof value === 'string' ? 'string' : 'map[string]interface {}';
}

function show(value: unknown): string {
  return JSON.stringify(value).slice(0, 128);
}

/** Decoding takes nulls for absence; to an apply they are values. */
function keepNulls(given: Readonly<Record<string, unknown>>, decoded: object): void {
  for (const name of Object.keys(given)) {
    const value = given[name];
    const own = Object.hasOwn(decoded, name) ? (decoded as Record<string, unknown>)[name] : undefined;
    if (value === null && own === undefined) setOwn(decoded, name, null);
    else if (isMembers(value) && isMembers(own)) keepNulls(value, own);
    else if (Array.isArray(value) && Array.isArray(own)) value.forEach((item, index) => { if (isMembers(item) && isMembers(own[index])) keepNulls(item, own[index]); });
  }
}
