import { describe, expect, test } from 'vitest';
import { capManagers, decodeManagers, encodeManagers, isReset, managerOf, type Manager } from './managed-fields.ts';

const entry = (manager: string, more: object = {}): object => ({ manager, operation: 'Update', apiVersion: 'v1', time: '2026-01-01T00:00:00Z', fieldsType: 'FieldsV1', fieldsV1: { 'f:a': {} }, ...more });
const known = (manager: string, time: string, element: string, more: Partial<Manager> = {}): Manager => ({ manager, operation: 'Update', apiVersion: 'v1', subresource: '', time, fields: { [element]: {} }, ...more });

describe('managedFields of a client', () => {
  test('come back as they were, in Kubernetes’ order', () => {
    const entries = [entry('b'), entry('a', { time: '2026-01-02T00:00:00Z' }), entry('z', { operation: 'Apply' }), entry('a', { subresource: 'status' })];
    expect(encodeManagers(decodeManagers(entries) ?? [])).toEqual([entries[2], entries[3], entries[0], entries[1]]);
  });

  test.each<[string, unknown]>([
    ['no list', {}],
    ['another operation', [entry('a', { operation: 'Delete' })]],
    ['fields of another type', [entry('a', { fieldsType: 'FieldsV2' })]],
    ['fields that are none', [entry('a', { fieldsV1: { a: {} } })]],
    ['more than anybody needs', Array.from({ length: 1001 }, (_, index) => entry(`m${index}`))],
  ])('are of no use with %s', (_what, entries) => {
    expect(decodeManagers(entries)).toBeUndefined();
  });

  test('one entry without content means that nobody is to own anything', () => {
    expect(isReset([{}])).toBe(true);
    expect([isReset([]), isReset(undefined), isReset([{ manager: 'a' }]), isReset([{}, {}])]).toEqual([false, false, false, false]);
  });

  test('of managers that own nothing there are none', () => {
    expect(encodeManagers([known('a', 't', 'f:a', { fields: {} })])).toBeUndefined();
  });
});

test('the oldest updaters of a version are merged when there are too many; appliers are not', () => {
  const many = Array.from({ length: 11 }, (_, index) => known(`m${index}`, `2026-01-01T00:00:${String(index + 10)}Z`, `f:f${index}`, index === 0 ? { apiVersion: 'v2' } : {}));
  const applier = known('applier', '2025-01-01T00:00:00Z', 'f:x', { operation: 'Apply' });
  const left = capManagers([applier, ...many]);
  expect(left).toHaveLength(11);
  expect(left).toContain(applier);
  expect(left).toContain(many[0]);
  expect(left.at(-1)).toEqual(known('ancient-changes', '2026-01-01T00:00:12Z', '', { fields: { 'f:f1': {}, 'f:f2': {} } }));
  expect(capManagers(many.slice(1))).toEqual(many.slice(1));
});

test.each([
  ['kubectl', 'x/1', 'kubectl'],
  [undefined, 'kubectl/v1.35.2 (linux/amd64)', 'kubectl'],
  ['', 'kubelet grpc-node-js/1.14', 'kubelet'],
  [undefined, '', 'unknown'],
  [undefined, 'a\u0000b\u0007', 'ab'],
  [undefined, 'é'.repeat(100), 'é'.repeat(64)],
])('the manager of a write with %j and %j is %j', (fieldManager, userAgent, manager) => {
  expect(managerOf(fieldManager, userAgent)).toBe(manager);
});
