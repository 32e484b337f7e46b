import { describe, expect, it } from 'vitest';
import type { JSONSchemaProps } from '../gen/types/apiextensions-v1.ts';
import { compileCrdSchema } from './crd.ts';
import { applyDefaults } from './defaults.ts';
import { normalise } from './normalise.ts';
import { pruneUnknown } from './prune.ts';
import { schemaFor } from './table.ts';

const custom = (spec: JSONSchemaProps) => compileCrdSchema({ type: 'object', properties: { spec } });

describe('applyDefaults', () => {
  it('fills missing members, and inside of what it filled', () => {
    const node = custom({ type: 'object', default: {}, properties: { size: { type: 'integer', default: 3 }, list: { type: 'array', items: { type: 'object', properties: { a: { type: 'string', default: 'x' } } } } } });
    expect(applyDefaults(node, {})).toEqual({ spec: { size: 3 } });
    expect(applyDefaults(node, { spec: { size: 0, list: [{}, { a: '' }] } })).toEqual({ spec: { size: 0, list: [{ a: 'x' }, { a: '' }] } });
  });

  it('replaces null only where null is not allowed', () => {
    const node = custom({ type: 'object', properties: { a: { type: 'string', default: 'x' }, b: { type: 'string', default: 'x', nullable: true } } });
    expect(applyDefaults(node, { spec: { a: null, b: null } })).toEqual({ spec: { a: 'x', b: null } });
  });

  it('gives every object a copy of its own', () => {
    const node = custom({ type: 'object', properties: { tags: { type: 'array', items: { type: 'string' }, default: ['a'] } } });
    const first = applyDefaults(node, { spec: {} }) as { spec: { tags: string[] } };
    first.spec.tags.push('b');
    expect(applyDefaults(node, { spec: {} })).toEqual({ spec: { tags: ['a'] } });
  });

  it('never reaches a prototype', () => {
    const properties = JSON.parse('{"__proto__":{"type":"object","default":{"polluted":true}},"constructor":{"type":"string","default":"c"}}') as Record<string, JSONSchemaProps>;
    const { spec } = applyDefaults(custom({ type: 'object', properties }), { spec: {} }) as { spec: object };
    expect(Object.getPrototypeOf(spec)).toBe(Object.prototype);
    expect(new Map(Object.entries(spec))).toEqual(new Map<string, unknown>([['__proto__', { polluted: true }], ['constructor', 'c']]));
  });

  it('fills built-ins through structs that Go holds by value', () => {
    const deployment = schemaFor('apps', 'v1', 'Deployment');
    if (deployment === undefined) throw new Error('no Deployment');
    const object = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'a' }, spec: { template: { spec: { containers: [{ name: 'a', livenessProbe: { periodSeconds: 0 } }] } } } };
    expect(normalise({ schema: deployment }, object)).toMatchObject({
      spec: {
        replicas: 1,
        revisionHistoryLimit: 10,
        strategy: { type: 'RollingUpdate' },
        template: { spec: { dnsPolicy: 'ClusterFirst', restartPolicy: 'Always', securityContext: {}, containers: [{ resources: {}, terminationMessagePolicy: 'File', livenessProbe: { periodSeconds: 10 } }] } },
      },
      status: {},
    });
    const once = JSON.stringify(object);
    expect(JSON.stringify(normalise({ schema: deployment }, object))).toBe(once);
  });

  it('does not let the defaults of a Job into a CronJob', () => {
    const cronJob = schemaFor('batch', 'v1', 'CronJob');
    if (cronJob === undefined) throw new Error('no CronJob');
    expect(normalise({ schema: cronJob }, { apiVersion: 'batch/v1', kind: 'CronJob', metadata: {} })).toMatchObject({ spec: { concurrencyPolicy: 'Allow', jobTemplate: { spec: { template: { metadata: {} } } } } });
    expect(JSON.stringify(cronJob.properties?.get('spec')?.properties?.get('jobTemplate')?.properties?.get('spec')?.properties?.get('parallelism'))).not.toContain('default');
  });
});

describe('pruneUnknown', () => {
  it('keeps what is specified, preserved or metadata, and names the rest', () => {
    const node = custom({
      type: 'object',
      properties: { known: { type: 'string' }, free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: { strict: { type: 'object' } } }, map: { type: 'object', additionalProperties: { type: 'object' } } },
    });
    const object = JSON.parse('{"kind":"X","apiVersion":"a/v1","metadata":{"name":"a","foo":1},"extra":1,"spec":{"known":"a","__proto__":{"x":1},"free":{"any":1,"strict":{"no":1}},"map":{"a":{"no":1},"constructor":{}}}}') as object;
    expect(pruneUnknown(node, object)).toEqual(['metadata.foo', 'extra', 'spec.__proto__', 'spec.free.strict.no', 'spec.map.a.no']);
    expect(object).toEqual({ kind: 'X', apiVersion: 'a/v1', metadata: { name: 'a' }, spec: { known: 'a', free: { any: 1, strict: {} }, map: { a: {}, constructor: {} } } });
  });
});
