import { describe, expect, it } from 'vitest';
import type { JSONSchemaProps } from '../gen/types/apiextensions-v1.ts';
import { compileCrdSchema } from './crd.ts';
import { equalSchemas } from './equal.ts';
import type { SchemaNode } from './node.ts';
import { builtInKinds, schemaFor } from './table.ts';

const text: JSONSchemaProps = { type: 'string' };
const int32: JSONSchemaProps = { type: 'integer', format: 'int32' };
const time: JSONSchemaProps = { type: 'string', format: 'date-time' };

function builtIn(group: string, kind: string): SchemaNode {
  const node = schemaFor(group, 'v1', kind);
  if (node === undefined) throw new Error(`no ${kind}`);
  return node;
}

const lease: JSONSchemaProps = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: {
        holderIdentity: text, leaseDurationSeconds: int32, acquireTime: time, renewTime: time, leaseTransitions: int32, strategy: text, preferredHolder: text,
      },
    },
  },
};

const ingressPort: JSONSchemaProps = {
  type: 'object',
  properties: {
    port: int32,
    protocol: { ...text, enum: ['SCTP', 'TCP', 'UDP'] },
    error: {
      ...text,
      maxLength: 316,
      pattern: '^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$',
    },
  },
  required: ['port', 'protocol', 'error'],
};

const pathSchema: JSONSchemaProps = { type: 'object', properties: { a: { type: 'integer', 'x-kubernetes-int-or-string': true } } };

describe('compileCrdSchema', () => {
  it('gives the node of a built-in with the same fields', () => {
    expect(equalSchemas(compileCrdSchema(lease), builtIn('coordination.k8s.io', 'Lease'))).toBe(true);
  });

  it('gives equal nodes for lists, enums, bounds and required fields too', () => {
    const status = builtIn('networking.k8s.io', 'Ingress').properties?.get('status')?.properties?.get('loadBalancer')?.properties?.get('ingress');
    const schema: JSONSchemaProps = {
      type: 'object',
      properties: {
        ingress: {
          type: 'array',
          'x-kubernetes-list-type': 'atomic',
          items: { type: 'object', properties: { ip: text, hostname: text, ports: { type: 'array', 'x-kubernetes-list-type': 'atomic', items: ingressPort } } },
        },
      },
    };
    const compiled = compileCrdSchema(schema).properties?.get('ingress');
    if (status === undefined || compiled === undefined) throw new Error('no such field');
    expect(equalSchemas(compiled, status)).toBe(true);
  });

  it('tells schemas apart that differ in one place', () => {
    const other = structuredClone(lease);
    const spec = other.properties?.['spec'];
    if (spec?.properties === undefined) throw new Error('no spec');
    spec.properties['strategy'] = { type: 'string', nullable: true };
    expect(equalSchemas(compileCrdSchema(other), builtIn('coordination.k8s.io', 'Lease'))).toBe(false);
    delete spec.properties['strategy'];
    expect(equalSchemas(compileCrdSchema(other), builtIn('coordination.k8s.io', 'Lease'))).toBe(false);
  });

  it('compares schemas that contain themselves', () => {
    const crd = builtIn('apiextensions.k8s.io', 'CustomResourceDefinition');
    expect(equalSchemas(crd, crd)).toBe(true);
    expect(equalSchemas(crd, builtIn('apiextensions.k8s.io', 'CustomResourceDefinitionList'))).toBe(false);
  });

  it('takes every property name, hostile ones too', () => {
    const properties = JSON.parse('{"__proto__":{"type":"string"},"constructor":{"type":"string"},"10":{"type":"string"}}') as Record<string, JSONSchemaProps>;
    const node = compileCrdSchema({ type: 'object', properties });
    expect([...(node.properties?.keys() ?? [])]).toEqual(['kind', 'apiVersion', 'metadata', '10', '__proto__', 'constructor']);
    expect(compileCrdSchema(pathSchema).properties?.get('a')).toMatchObject({ intOrString: true });
  });
});

describe('the schema table', () => {
  it('has every built-in kind, and the meta kinds under every group', () => {
    const kinds = builtInKinds();
    expect(kinds.length).toBeGreaterThan(150);
    for (const { group, version, kind } of kinds) expect(schemaFor(group, version, kind)?.proto?.message, `${group}/${version} ${kind}`).toMatch(new RegExp(`\\.${kind}$`));
    expect(schemaFor('apps', 'v1', 'DeleteOptions')?.proto?.message).toBe('k8s.io.apimachinery.pkg.apis.meta.v1.DeleteOptions');
    expect(schemaFor('meta.k8s.io', 'v1beta1', 'Table')?.proto?.jsonOnly).toBe(true);
    expect(schemaFor('', 'v1', 'Status')).toBeDefined();
    expect(schemaFor('apps', 'v1', 'Pod')).toBeUndefined();
    expect(schemaFor('', 'v1', '__proto__')).toBeUndefined();
  });
});
