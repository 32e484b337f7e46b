import { ApiError, compareVersions, type KubeObject } from '@rhythm/api';
import type { CustomResourceDefinition, CustomResourceDefinitionVersion, JSONSchemaProps } from '@rhythm/api/types/apiextensions-v1';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { take, testApi, untilEvent, type TestApi } from '../testing.ts';
import { customKinds } from './custom-kind.ts';
import { definitionErrors, definitionStep } from './definition-step.ts';
import { jsonPath } from './json-path.ts';

let api: TestApi;
afterEach(() => api.stop());

const crds = 'apiextensions.k8s.io/v1/customresourcedefinitions';
const widgets = 'example.com/v1/ns/default/widgets';

const schema: JSONSchemaProps = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      required: ['size'],
      'x-kubernetes-validations': [{ rule: 'self.size <= self.max', message: 'size above max' }, { rule: '!has(oldSelf.frozen) || !oldSelf.frozen || self.size == oldSelf.size', message: 'frozen' }],
      properties: {
        size: { type: 'integer', minimum: 0 },
        max: { type: 'integer', default: 10 },
        frozen: { type: 'boolean' },
        color: { type: 'string', enum: ['red', 'green'] },
        parts: { type: 'array', maxItems: 5, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'], items: { type: 'object', required: ['name'], properties: { name: { type: 'string' }, count: { type: 'integer', maximum: 100 } } } },
        free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        replicas: { type: 'integer' },
      },
    },
    status: { type: 'object', properties: { replicas: { type: 'integer' }, selector: { type: 'string' }, phase: { type: 'string' } } },
  },
};

const version = (more: Partial<CustomResourceDefinitionVersion> = {}): CustomResourceDefinitionVersion => ({
  name: 'v1',
  served: true,
  storage: true,
  schema: { openAPIV3Schema: schema },
  subresources: { status: {}, scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas', labelSelectorPath: '.status.selector' } },
  additionalPrinterColumns: [{ name: 'Size', type: 'integer', jsonPath: '.spec.size' }, { name: 'Color', type: 'string', jsonPath: '.spec.color', priority: 1 }],
  selectableFields: [{ jsonPath: '.spec.color' }],
  ...more,
});

const definition = (versions = [version()], names: Partial<CustomResourceDefinition['spec']['names']> = {}): object => {
  const plural = names.plural ?? 'widgets';
  return { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: `${plural}.example.com` }, spec: { group: 'example.com', scope: 'Namespaced', names: { plural, kind: 'Widget', shortNames: ['wd'], ...names }, versions } };
};

const widget = (name: string, spec: object, more: object = {}): object => ({ apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name }, spec, ...more });

interface Widget extends KubeObject {
  spec: Record<string, unknown>;
  status?: Record<string, unknown>;
}

async function served(made: object = definition()): Promise<void> {
  api = testApi({ admission: [definitionStep] });
  await api.definitions.start();
  await api.call('create', crds, made);
  await established('widgets.example.com');
}

async function established(name: string, wanted = 'True'): Promise<CustomResourceDefinition> {
  const watch = await api.watch(crds, { fieldSelector: `metadata.name=${name}`, resourceVersion: '0' });
  for await (const batch of watch) {
    for (const event of batch) {
      const found = JSON.parse(Buffer.from(event.object).toString()) as CustomResourceDefinition;
      if ((found.status?.conditions ?? []).some((c) => c.type === 'Established' && c.status === wanted)) return found;
    }
  }
  throw new Error('the watch ended');
}

const refusal = async (attempt: Promise<unknown>): Promise<string> => {
  const error = await attempt.then(() => undefined, (caught: unknown) => caught);
  if (!(error instanceof ApiError)) throw new Error(`not refused: ${String(error)}`);
  return error.message;
};

describe('custom resources', () => {
  test('are served with pruning, defaults, generation and status of their own', async () => {
    await served();
    const made = await api.call<Widget>('create', widgets, widget('a', { size: 1, unknown: 1, free: { any: 1 } }, { status: { phase: 'made up' } }));
    expect(made.spec).toEqual({ size: 1, max: 10, free: { any: 1 } });
    expect(made.status).toBeUndefined();
    expect(made.metadata.generation).toBe(1);
    const changed = await api.call<Widget>('patch', `${widgets}/a`, { spec: { size: 2 }, status: { phase: 'no' } }, { contentType: 'application/merge-patch+json' });
    expect([changed.metadata.generation, changed.status]).toEqual([2, undefined]);
    const told = await api.call<Widget>('patch', `${widgets}/a/status`, { spec: { size: 3 }, status: { phase: 'Ready' } }, { contentType: 'application/merge-patch+json' });
    expect([told.metadata.generation, told.spec['size'], told.status]).toEqual([2, 2, { phase: 'Ready' }]);
  });

  test('are refused in the words of the schema', async () => {
    await served();
    expect(await refusal(api.call('create', widgets, widget('a', {})))).toContain('spec.size: Required value');
    expect(await refusal(api.call('create', widgets, widget('a', { size: 'x' })))).toContain('spec.size in body must be of type integer: "string"');
    expect(await refusal(api.call('create', widgets, widget('a', { size: 1, color: 'blue' })))).toContain('spec.color: Unsupported value: "blue": supported values: "red", "green"');
    expect(await refusal(api.call('create', widgets, widget('a', { size: 11 })))).toBe('Widget.example.com "a" is invalid: spec: Invalid value: "object": size above max');
    expect(await refusal(api.call('create', widgets, widget('a', { size: 1, more: 1 }), { fieldValidation: 'Strict' }))).toContain('strict decoding error: unknown field "spec.more"');
    expect(await refusal(api.call('create', widgets, widget('A', { size: 1 })))).toContain('metadata.name: Invalid value: "A"');
    expect(await refusal(api.call('patch', `${widgets}/a`, {}, { contentType: 'application/strategic-merge-patch+json' }))).toContain('the body of the request was in an unknown format');
    expect(await refusal(api.call('get', `${widgets}/a`, undefined, { accept: 'application/vnd.kubernetes.protobuf' }))).toContain('media types');
  });

  test('obey rules about what was before', async () => {
    await served();
    await api.call('create', widgets, widget('a', { size: 1, frozen: true }));
    expect(await refusal(api.call('patch', `${widgets}/a`, { spec: { size: 2 } }, { contentType: 'application/merge-patch+json' }))).toContain('spec: Invalid value: "object": frozen');
    await api.call('patch', `${widgets}/a`, { spec: { color: 'red' } }, { contentType: 'application/merge-patch+json' });
  });

  test('are told where the fault is, as the rule says it', async () => {
    const rules = [{ rule: 'self.spec.size < 5', fieldPath: '.spec.size', message: 'from the root' }];
    const spec = { type: 'object', properties: { size: { type: 'integer' } }, 'x-kubernetes-validations': [{ rule: 'self.size < 5', fieldPath: '.size', message: 'from within' }] };
    await served(definition([version({ selectableFields: [], subresources: {}, schema: { openAPIV3Schema: { type: 'object', properties: { spec }, 'x-kubernetes-validations': rules } } })]));
    expect(await refusal(api.call('create', widgets, widget('a', { size: 7 })))).toBe('Widget.example.com "a" is invalid: [spec.size: Invalid value: "object": from the root, spec.size: Invalid value: "object": from within]');
  });

  test('have columns, selectable fields and a scale', async () => {
    await served();
    await api.call('create', widgets, widget('a', { size: 1, color: 'red', replicas: 2 }));
    await api.call('create', widgets, widget('b', { size: 2, color: 'green' }));
    const table = await api.call<{ columnDefinitions: { name: string; priority: number }[]; rows: { cells: unknown[] }[] }>('list', widgets, undefined, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' });
    expect(table.columnDefinitions.map(({ name }) => name)).toEqual(['Name', 'Size', 'Color']);
    expect(table.rows.map(({ cells }) => cells)).toEqual([['a', 1, 'red'], ['b', 2, 'green']]);
    const red = await api.call<{ items: KubeObject[] }>('list', widgets, undefined, { fieldSelector: 'spec.color=red' });
    expect(red.items.map(({ metadata }) => metadata.name)).toEqual(['a']);
    expect(await refusal(api.call('list', widgets, undefined, { fieldSelector: 'spec.size=1' }))).toBe('field label not supported: spec.size');
    await api.call('patch', `${widgets}/a/status`, { status: { replicas: 1, selector: 'a=b' } }, { contentType: 'application/merge-patch+json' });
    const scale = await api.call<{ spec: object; status: object }>('get', `${widgets}/a/scale`);
    expect([scale.spec, scale.status]).toEqual([{ replicas: 2 }, { replicas: 1, selector: 'a=b' }]);
    await api.call('patch', `${widgets}/a/scale`, { spec: { replicas: 5 } }, { contentType: 'application/merge-patch+json' });
    expect((await api.call<Widget>('get', `${widgets}/a`)).spec['replicas']).toBe(5);
    expect(await refusal(api.call('patch', `${widgets}/a/scale`, { spec: { replicas: -1 } }, { contentType: 'application/merge-patch+json' }))).toContain('.spec.replicas: Invalid value: -1: should be a non-negative integer');
    expect(await refusal(api.call('create', widgets, widget('c', { size: 1, replicas: 2 ** 31 })))).toContain('.spec.replicas: Invalid value: 2147483648: should be less than or equal to 2147483647');
    await api.call('create', widgets, widget('d', { size: 1 }));
    expect(await refusal(api.call('get', `${widgets}/d/scale`))).toBe('Internal error occurred: the spec replicas field ".spec.replicas" does not exist');
    await api.call('update', `${widgets}/d/scale`, { kind: 'Scale', apiVersion: 'autoscaling/v1', metadata: { name: 'd', namespace: 'default' }, spec: { replicas: 3 } });
    expect((await api.call<Widget>('get', `${widgets}/d`)).spec['replicas']).toBe(3);
  });

  test('are applied by fields and keys', async () => {
    await served();
    const apply = { contentType: 'application/apply-patch+yaml', fieldManager: 'one' };
    await api.call('patch', `${widgets}/a`, widget('a', { size: 1, parts: [{ name: 'x', count: 1 }] }), apply);
    const both = await api.call<Widget>('patch', `${widgets}/a`, widget('a', { parts: [{ name: 'y', count: 2 }] }), { ...apply, fieldManager: 'two' });
    expect(both.spec['parts']).toEqual([{ name: 'x', count: 1 }, { name: 'y', count: 2 }]);
    expect(await refusal(api.call('patch', `${widgets}/a`, widget('a', { size: 2 }), { ...apply, fieldManager: 'two' }))).toContain('conflict with "one"');
  });

  test('are watched', async () => {
    await served();
    const watch = await api.watch(widgets, {});
    await api.call('create', widgets, widget('a', { size: 1 }));
    await api.call('delete', `${widgets}/a`);
    expect((await take(watch, 2)).map(({ type, name }) => `${type} ${name}`)).toEqual(['ADDED a', 'DELETED a']);
  });
});

describe('definitions', () => {
  test('that change are seen through at once: defaults, removed fields, stricter rules', async () => {
    await served();
    await api.call('create', widgets, widget('a', { size: 1, color: 'red' }));
    await api.call('create', widgets, widget('b', { size: 1, color: 'green' }));
    const current = await api.call<CustomResourceDefinition>('get', `${crds}/widgets.example.com`);
    const { color: _color, ...rest } = schema.properties?.['spec']?.properties ?? {};
    const stricter: JSONSchemaProps = { type: 'object', properties: { spec: { type: 'object', properties: { ...rest, size: { type: 'integer', minimum: 5 }, extra: { type: 'string', default: 'new' } } } } };
    current.spec.versions = [version({ schema: { openAPIV3Schema: stricter }, selectableFields: [] })];
    const generation = api.registry.generation;
    await api.call('update', `${crds}/widgets.example.com`, current);
    await expect.poll(() => api.registry.generation).toBeGreaterThan(generation);
    expect((await api.call<Widget>('get', `${widgets}/a`)).spec).toEqual({ size: 1, max: 10, extra: 'new' });
    // What was there is not judged by what came later, what is written is.
    await api.call('patch', `${widgets}/a`, { metadata: { labels: { x: 'y' } } }, { contentType: 'application/merge-patch+json' });
    expect(await refusal(api.call('patch', `${widgets}/a`, { spec: { size: 2 } }, { contentType: 'application/merge-patch+json' }))).toContain('spec.size in body should be greater than or equal to 5');
  });

  test('of two versions serve one object in both', async () => {
    await served(definition([version(), version({ name: 'v1beta1', storage: false })]));
    await api.call('create', widgets, widget('a', { size: 1 }));
    const old = await api.call<Widget>('get', 'example.com/v1beta1/ns/default/widgets/a');
    expect([old.apiVersion, old.spec['size']]).toEqual(['example.com/v1beta1', 1]);
    await api.call('create', 'example.com/v1beta1/ns/default/widgets', { ...widget('b', { size: 2 }), apiVersion: 'example.com/v1beta1' });
    expect((await api.call<Widget>('get', `${widgets}/b`)).apiVersion).toBe('example.com/v1');
    expect(api.registry.groups.at(-1)).toEqual({ group: 'example.com', versions: ['v1', 'v1beta1'], preferredVersion: 'v1' });
  });

  test('that are deleted take their objects along, and wait for those with finalizers', async () => {
    await served();
    await api.call('create', widgets, widget('a', { size: 1 }));
    await api.call('create', widgets, { ...widget('b', { size: 1 }), metadata: { name: 'b', finalizers: ['example.com/hold'] } });
    await api.call('delete', `${crds}/widgets.example.com`);
    const watch = await api.watch(crds, { resourceVersion: '0' });
    const events = watch[Symbol.asyncIterator]();
    await untilEvent(events, ({ object }) => ((object as CustomResourceDefinition).status?.conditions ?? []).some((c) => c.type === 'Terminating' && c.status === 'True'));
    expect(await refusal(api.call('create', widgets, widget('c', { size: 1 })))).toContain('does not allow this method');
    await api.call('patch', `${widgets}/b`, { metadata: { finalizers: null } }, { contentType: 'application/merge-patch+json' });
    await expect.poll(() => api.registry.of('widgets.example.com')).toBeUndefined();
    await untilEvent(events, ({ type }) => type === 'DELETED');
    expect(await refusal(api.call('list', widgets))).toBe('the server could not find the requested resource');
  });

  test('do not take the names of others', async () => {
    await served();
    await api.call('create', crds, definition([version()], { plural: 'gadgets', kind: 'Widget', listKind: 'GadgetList', shortNames: [] }));
    const refused = await established('gadgets.example.com', 'False');
    expect(refused.status.conditions.find(({ type }) => type === 'NamesAccepted')).toMatchObject({ status: 'False', reason: 'KindConflict', message: '"Widget" is already in use' });
    expect(await refusal(api.call('list', 'example.com/v1/ns/default/gadgets'))).toBe('the server could not find the requested resource');
  });

  test('that come together do not get one name twice: it is the first one\'s, and the other\'s when that is gone', async () => {
    api = testApi({ admission: [definitionStep] });
    await api.call('create', crds, definition());
    await api.call('create', crds, definition([version()], { plural: 'gadgets', kind: 'Widget', listKind: 'GadgetList', shortNames: [] }));
    await api.definitions.start();
    // Of the same second, in order of name.
    await established('gadgets.example.com');
    await established('widgets.example.com', 'False');
    await api.call('delete', `${crds}/gadgets.example.com`);
    await established('widgets.example.com');
    await api.call('create', widgets, widget('a', { size: 1 }));
  });

  test('cost nothing while they stay as they are', async () => {
    api = testApi({ admission: [definitionStep] });
    for (let i = 0; i < 5; i++) await api.call('create', crds, definition([version()], { plural: `things${i}`, kind: `Thing${i}`, shortNames: [] }));
    await api.definitions.start();
    for (let i = 0; i < 5; i++) await established(`things${i}.example.com`);
    const kept = Array.from({ length: 5 }, (_, i) => api.registry.of(`things${i}.example.com`));
    const before = api.registry.generation;
    await api.call('create', crds, definition());
    await established('widgets.example.com');
    expect(api.registry.generation).toBe(before + 1);
    expect(Array.from({ length: 5 }, (_, i) => api.registry.of(`things${i}.example.com`))).toEqual(kept);
  });

  test('have their schema read when an object first needs it, once', () => {
    const text = JSON.stringify(schema);
    const parse = vi.spyOn(JSON, 'parse');
    const reads = (): number => parse.mock.calls.filter(([read]) => read === text).length;
    try {
      const { stored } = customKinds(definition() as CustomResourceDefinition);
      expect([stored.plural, stored.verbs.length > 0, stored.columns.length, reads()]).toEqual(['widgets', true, 3, 0]);
      const made: Widget = { ...(widget('a', { size: 1, max: 10 }) as Widget), metadata: { name: 'a', namespace: 'default' } };
      expect(stored.validate?.(made)).toEqual([]);
      expect(stored.validate?.({ ...made, spec: { size: 11, max: 10 } } as Widget)?.map(({ message }) => message).join()).toContain('size above max');
      expect(stored.schema).toBe(stored.schema);
      expect(reads()).toBe(1);
    } finally {
      parse.mockRestore();
    }
  });

  test('are refused for rules that cannot be used', async () => {
    api = testApi({ admission: [definitionStep] });
    const withRule = (rule: string, property: JSONSchemaProps = { type: 'array', items: { type: 'string' } }): Promise<string> =>
      refusal(api.call('create', crds, definition([version({ selectableFields: [], schema: { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties: { list: property }, 'x-kubernetes-validations': [{ rule }] } } } } })])));
    expect(await withRule('self.nothing == 1')).toContain("spec.versions[0].schema.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].rule: Invalid value: \"self.nothing == 1\": compilation failed: ERROR: <input>:1:5: undefined field 'nothing'");
    expect(await withRule('self.list.all(x, self.list.all(y, x == y))')).toContain('estimated rule cost exceeds budget by factor of more than 100x');
    expect(await withRule('self.list')).toContain('must evaluate to bool');
  });

  test('of the groups of Kubernetes need leave', () => {
    const made = { metadata: { name: 'a.x.k8s.io' }, spec: { group: 'x.k8s.io', names: { plural: 'a', kind: 'A' }, scope: 'Cluster', versions: [] }, status: { conditions: [], acceptedNames: { plural: 'a', kind: 'A' }, storedVersions: [] } };
    expect(definitionErrors(made, undefined).map(({ message }) => message).join()).toContain('protected groups must have approval annotation');
    expect(definitionErrors({ ...made, metadata: { name: 'a', annotations: { 'api-approved.kubernetes.io': 'unapproved, an experiment' } } }, undefined)).toEqual([]);
  });
});

test.each([
  ['.spec.a', [1]], ['.spec.list[0]', ['x']], ['.spec.list[-1]', ['y']], ['.spec.list[*]', ['x', 'y']], ['.spec["a.b"]', [2]], [".spec['a.b']", [2]], ['.spec.a\\.b', [2]], ['.status.conditions[?(@.type=="Ready")].status', ['True']], ['.spec.none', []], ['.__proto__.a', []],
])('%s', (path, found) => {
  expect(jsonPath(path)?.({ spec: { a: 1, list: ['x', 'y'], 'a.b': 2 }, status: { conditions: [{ type: 'Other', status: 'False' }, { type: 'Ready', status: 'True' }] } })).toEqual(found);
});

test.each(['.spec[', '.spec[?(', '..a', '.spec[a]'])('%s is no path', (path) => {
  expect(jsonPath(path)).toBeUndefined();
});

test('versions in order of preference', () => {
  expect(['foo10', 'v1alpha1', 'v10', 'v2beta1', 'v2', 'foo1', 'v11beta2', 'v12alpha1', 'v1', 'v3beta1', 'v10beta3'].sort(compareVersions)).toEqual(['v10', 'v2', 'v1', 'v11beta2', 'v10beta3', 'v3beta1', 'v2beta1', 'v12alpha1', 'v1alpha1', 'foo1', 'foo10']);
});
