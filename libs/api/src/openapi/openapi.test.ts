import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import type { KindDefinition } from '../kinds/kind.ts';
import { defineKind } from '../kinds/define-kind.ts';
import { kindRegistry } from '../kinds/registry.ts';
import { compileCrdSchema } from '../schema/crd.ts';
import { readDescriptions } from './descriptions.ts';
import { documentFaults } from './document-faults.ts';
import { openApiV2, openApiV3, openApiV3Index } from './documents.ts';
import { encodeOpenApiV2 } from './v2-protobuf.ts';

const { kinds } = kindRegistry;
const v2 = openApiV2(kinds, 'v1.35.0');

function apps(): NonNullable<ReturnType<typeof openApiV3>> {
  const document = openApiV3(kinds, 'apps', 'v1', 'v1.35.0');
  if (document === undefined) throw new Error('apps/v1 is not served');
  return document;
}

describe('OpenAPI', () => {
  it('is valid, every reference in it resolved, in both versions', () => {
    expect(documentFaults(v2)).toEqual([]);
    const versions = kindRegistry.groups.flatMap(({ group, versions: all }) => all.map((version) => [group, version] as const));
    expect(versions.length).toBeGreaterThan(20);
    for (const [group, version] of versions) expect(documentFaults(openApiV3(kinds, group, version, 'v1.35.0', readDescriptions('{}')) ?? {})).toEqual([]);
  });

  it('would not call a bad document valid', () => {
    const bad = { swagger: '2.0', info: { title: 'x', version: 'y' }, paths: { '/{name}': { get: { operationId: 'a', responses: {} }, put: { operationId: 'a', responses: { 200: { description: 'OK', schema: { $ref: '#/definitions/none' } } } } } }, definitions: { x: { type: 'array', nullable: true, enum: [] } } };
    expect(documentFaults(bad)).toEqual([
      'get /{name}: the parameters are not those of the path',
      'get /{name}: has no responses',
      'put /{name}: the id a is there twice',
      'put /{name}: the parameters are not those of the path',
      'put /{name} 200: #/definitions/none is not there',
      'x: may not have nullable',
      'x: is an array without items',
      'x: enum is empty or has something twice',
    ]);
  });

  it('names group, version and kind of every kind it serves', () => {
    const marked = new Set(Object.values(v2.definitions).flatMap((definition) => ((definition['x-kubernetes-group-version-kind'] ?? []) as { group: string; version: string; kind: string }[]).map((gvk) => `${gvk.group}/${gvk.version}/${gvk.kind}`)));
    for (const { group, version, kind, listKind, verbs } of kinds) {
      expect(marked).toContain(`${group}/${version}/${kind}`);
      if (verbs.includes('list')) expect(marked).toContain(`${group}/${version}/${listKind}`);
    }
    expect(marked).toContain('apps/v1/DeleteOptions');
  });

  it('has what kubectl looks for: patch with fieldValidation, get with its kind, the definition with its kind', () => {
    const path = apps().paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}'] as Record<string, { parameters: { name: string }[]; 'x-kubernetes-group-version-kind': unknown }>;
    const gvk = { group: 'apps', kind: 'Deployment', version: 'v1' };
    expect(path['patch']?.parameters.map((p) => p.name)).toEqual(['dryRun', 'fieldManager', 'fieldValidation', 'force']);
    expect(path['get']?.['x-kubernetes-group-version-kind']).toEqual(gvk);
    expect(apps().components.schemas['io.k8s.api.apps.v1.Deployment']?.['x-kubernetes-group-version-kind']).toEqual([gvk]);
    expect(v2.definitions['io.k8s.api.core.v1.PodSpec']).toMatchObject({
      required: ['containers'],
      properties: { containers: { type: 'array', items: { $ref: '#/definitions/io.k8s.api.core.v1.Container' }, 'x-kubernetes-patch-merge-key': 'name', 'x-kubernetes-patch-strategy': 'merge' } },
    });
    expect(v2.definitions['io.k8s.apimachinery.pkg.api.resource.Quantity']).toEqual({ type: 'string' });
  });

  it('keeps what a field says out of the definition that it shares', () => {
    expect(apps().components.schemas['io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector']).not.toHaveProperty('default');
    expect(openApiV3(kinds, 'admissionregistration.k8s.io', 'v1', 'v1.35.0')?.components.schemas['io.k8s.api.admissionregistration.v1.MatchResources']).toMatchObject({
      properties: { namespaceSelector: { allOf: [{ $ref: '#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector' }], default: {} } },
    });
  });

  it('describes custom resources', () => {
    const schema = compileCrdSchema({ type: 'object', properties: { spec: { type: 'object', properties: { size: { type: 'integer', minimum: 1 } }, 'x-kubernetes-preserve-unknown-fields': true } } });
    const kind = { ...defineKind({ group: 'example.com', version: 'v1', kind: 'Widget', plural: 'widgets', namespaced: true }), schema };
    expect(openApiV3([kind], 'example.com', 'v1', 'v1.35.0')?.components.schemas['com.example.v1.Widget']).toMatchObject({
      properties: { spec: { properties: { size: { type: 'integer', minimum: 1 } }, 'x-kubernetes-preserve-unknown-fields': true } },
      'x-kubernetes-group-version-kind': [{ group: 'example.com', kind: 'Widget', version: 'v1' }],
    });
  });

  it('says nothing of the members of a root that takes anything, to clients of version 2', () => {
    const open = { type: 'object', description: 'open', 'x-kubernetes-preserve-unknown-fields': true, properties: { a: { type: 'string' } } };
    const kind = { ...defineKind({ group: 'example.com', version: 'v1', kind: 'Widget', plural: 'widgets', namespaced: true }), custom: { openApi: open } } as unknown as KindDefinition;
    expect(openApiV2([kind], 'v1.35.0').definitions['com.example.v1.Widget']).toEqual({ type: 'object', 'x-kubernetes-group-version-kind': [{ group: 'example.com', kind: 'Widget', version: 'v1' }] });
    expect(openApiV3([kind], 'example.com', 'v1', 'v1.35.0')?.components.schemas['com.example.v1.Widget']).toMatchObject({ properties: { a: { type: 'string' }, apiVersion: {} } });
  });

  it('lists its documents', () => {
    const { paths } = openApiV3Index(kinds, () => 'abc');
    expect(paths['api/v1']).toEqual({ serverRelativeURL: '/openapi/v3/api/v1?hash=abc' });
    expect(paths['apis/apps/v1']).toBeDefined();
    expect(openApiV3(kinds, 'none', 'v1', '')).toBeUndefined();
  });
});

/** The protobuf package as the facts give it, read by protobufjs. */
function gnostic(): protobuf.Type {
  const top = resolve(import.meta.dirname, '../../../..');
  const candidates = [process.env['RHYTHM_SHARED'], join(top, '../shared'), join(top, '../../shared')].filter((path) => path !== undefined);
  const file = candidates.map((path) => join(path, 'kubernetes-api/openapi-v2.tsv')).find((path) => existsSync(path));
  if (file === undefined) throw new Error(`openapi-v2.tsv is in none of ${candidates.join(', ')}`);
  const root = new protobuf.Root();
  const home = root.define('openapi.v2');
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const [record, , message = '', field = '', number, type = '', label] = line.split('\t');
    if (record === 'message') home.add(new protobuf.Type(message));
    else if (record === 'field') home.lookupType(message).add(new protobuf.Field(field, Number(number), type === 'google.protobuf.Any' ? 'bytes' : type, label === 'repeated' ? 'repeated' : undefined));
  }
  return root.lookupType('openapi.v2.Document');
}

interface Named {
  readonly name: string;
  readonly value: Record<string, unknown>;
}

describe('OpenAPI v2 in protobuf', () => {
  it('says the same as the JSON', () => {
    const type = gnostic();
    const read = type.toObject(type.decode(encodeOpenApiV2(v2)), { longs: Number }) as Record<string, { path: Named[]; additional_properties: Named[]; title: string }>;
    expect(read['swagger']).toBe('2.0');
    expect(read['info']?.title).toBe('Kubernetes');
    expect(read['paths']?.path.map((p) => p.name)).toEqual(Object.keys(v2.paths));
    const definitions = read['definitions']?.additional_properties ?? [];
    expect(definitions.map((d) => d.name)).toEqual(Object.keys(v2.definitions));
    const spec = definitions.find((d) => d.name === 'io.k8s.api.core.v1.PodSpec')?.value;
    expect(spec).toMatchObject({ required: ['containers'], type: { value: ['object'] } });
    const properties = spec?.['properties'] as { additional_properties: Named[] } | undefined;
    const containers = properties?.additional_properties.find((p) => p.name === 'containers')?.value;
    expect(containers).toEqual({
      type: { value: ['array'] },
      items: { schema: [{ _ref: '#/definitions/io.k8s.api.core.v1.Container' }] },
      vendor_extension: [
        { name: 'x-kubernetes-patch-strategy', value: { yaml: '"merge"' } },
        { name: 'x-kubernetes-patch-merge-key', value: { yaml: '"name"' } },
        { name: 'x-kubernetes-list-type', value: { yaml: '"map"' } },
        { name: 'x-kubernetes-list-map-keys', value: { yaml: '["name"]' } },
      ],
    });
    const item = read['paths']?.path.find((p) => p.name === '/api/v1/namespaces/{namespace}/pods/{name}')?.value;
    expect(JSON.stringify(item)).toMatch(/"query_parameter_sub_schema":{"in":"query","description":"[^"]+","name":"fieldValidation","type":"string"/);
  });
});
