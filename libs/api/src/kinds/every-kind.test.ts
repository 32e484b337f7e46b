import { describe, expect, test } from 'vitest';
import { decodeValue } from '../decode/index.ts';
import { apiVersionOf } from '../resource.ts';
import type { KubeObject } from '../resource.ts';
import { normalise } from '../schema/index.ts';
import type { KindDefinition } from './kind.ts';
import { fromStored, kindRegistry, toStored } from './registry.ts';

/** The least a client can send. */
function bare(kind: KindDefinition): KubeObject {
  const value = { apiVersion: apiVersionOf(kind), kind: kind.kind, metadata: { name: 'x', ...(kind.namespaced ? { namespace: 'default' } : {}) } };
  return normalise(kind, decodeValue(value, { expected: kind, fieldValidation: 'Ignore' }).object as unknown as KubeObject);
}

describe.each(kindRegistry.kinds.map((kind) => [`${apiVersionOf(kind)} ${kind.kind}`, kind] as const))('%s', (_, kind) => {
  test('takes the barest object through every hook without a crash', () => {
    const object = bare(kind);
    kind.prepareForCreate?.(object);
    expect(Array.isArray(kind.validate?.(object))).toBe(true);
    const changed = structuredClone(object);
    normalise(kind, changed);
    kind.prepareForUpdate?.(changed, object);
    expect(kind.validateUpdate?.(changed, object)).toEqual([]);
    kind.prepareForStatusUpdate?.(changed, object);
    expect(changed.metadata.generation).toBe(object.metadata.generation);
    expect(fromStored(kind, toStored(kind, object))).toMatchObject({ kind: kind.kind, apiVersion: apiVersionOf(kind) });
    kind.cells(object, 0);
    expect(Object.values(kind.selectableFields?.(object) ?? {}).every((value) => typeof value === 'string')).toBe(true);
  });

  test('has a schema of its own', () => expect(kind.schema.properties?.has('metadata')).toBe(true));
});
