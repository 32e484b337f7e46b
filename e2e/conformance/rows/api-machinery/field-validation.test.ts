import { expect } from 'vitest';
import { patchTypes, row, type Context, type Raw } from '../../harness/index.ts';
import { define, schemaOf, type Custom, type Defined } from '../definitions.ts';

const deployment = (metadata: string, spec: string): string => `{
  "apiVersion": "apps/v1", "kind": "Deployment",
  "metadata": {"name": "d", ${metadata} "labels": {"app": "web"}},
  "spec": {${spec} "selector": {"matchLabels": {"app": "web"}}, "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": "web:1"}]}}}
}`;

const createDeployment = (k: Context, text: string, validation: string): Promise<Raw> => k.raw('POST', `${k.path('apps/v1', 'deployments')}?fieldManager=row&fieldValidation=${validation}`, { body: text });

row('fv-typed', async (k) => {
  const text = deployment('', '"unknownField": "x", "replicas": 2, "replicas": 0,');
  await k.fails(createDeployment(k, text, 'Strict'), { code: 400, reason: 'BadRequest', message: 'strict decoding error: unknown field "spec.unknownField", duplicate field "spec.replicas"' });
  expect((await k.raw('GET', k.path('apps/v1', 'deployments', 'd'))).code).toBe(404);
  // Those who want to be warned get the same as warnings.
  const warned = await createDeployment(k, text, 'Warn');
  expect(warned.code).toBe(201);
  expect(warned.headers['warning']).toContain('unknown field \\"spec.unknownField\\"');
  expect(warned.headers['warning']).toContain('duplicate field \\"spec.replicas\\"');
  expect(warned.json()).toMatchObject({ spec: { replicas: 0 } });
});

row('fv-typed-metadata', async (k) => {
  await k.fails(createDeployment(k, deployment('"unknownMeta": "x",', '"replicas": 0,'), 'Strict'), { code: 400, reason: 'BadRequest', message: 'strict decoding error: unknown field "metadata.unknownMeta"' });
  expect((await k.raw('GET', k.path('apps/v1', 'deployments', 'd'))).code).toBe(404);
});

const schema = schemaOf({
  spec: {
    type: 'object',
    properties: {
      foo: { type: 'string' },
      cronSpec: { type: 'string', pattern: '^(\\d+|\\*)(/\\d+)?(\\s+(\\d+|\\*)(/\\d+)?){4}$' },
      ports: {
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['containerPort', 'protocol'],
        items: { type: 'object', required: ['containerPort', 'protocol'], properties: { containerPort: { type: 'integer', format: 'int32' }, hostIP: { type: 'string' }, hostPort: { type: 'integer', format: 'int32' }, name: { type: 'string' }, protocol: { type: 'string' } } },
      },
    },
  },
});

const ports = [{ name: 'x', containerPort: 80, protocol: 'TCP' }];
const cronSpec = '* * * * */5';

/** Server-side apply, strictly; the document is YAML, of which JSON is a part. */
const apply = (k: Context, defined: Defined, document: object | string): Promise<Raw> =>
  k.raw('PATCH', `${defined.path()}/one?fieldManager=row&fieldValidation=Strict`, { body: typeof document === 'string' ? document : JSON.stringify(document), headers: { 'content-type': patchTypes.apply } });

row('fv-cr-valid', async (k) => {
  const defined = await define(k, { versions: { v1: { schema } } });
  const applied = await apply(k, defined, `apiVersion: ${defined.group}/v1\nkind: Thing\nmetadata:\n  name: one\nspec:\n  foo: foo1\n  cronSpec: "${cronSpec}"\n  ports:\n  - name: x\n    containerPort: 80\n    protocol: TCP\n`);
  expect(applied.code).toBe(201);
  const stored = await k.get<Custom>(`${defined.path()}/one`);
  expect(stored['spec']).toEqual({ foo: 'foo1', cronSpec, ports });
  expect(stored.metadata?.managedFields).toMatchObject([{ manager: 'row', operation: 'Apply' }]);
});

row('fv-cr-noschema', async (k) => {
  const defined = await define(k);
  const applied = await apply(k, defined, `apiVersion: ${defined.group}/v1\nkind: Thing\nmetadata:\n  name: one\nspec:\n  unknown: uk1\n  cronSpec: "${cronSpec}"\n  ports:\n  - name: x\n    containerPort: 80\n    protocol: TCP\n`);
  expect(applied.code).toBe(201);
  expect((await k.get<Custom>(`${defined.path()}/one`))['spec']).toEqual({ unknown: 'uk1', cronSpec, ports });
});

row('fv-cr-invalid', async (k) => {
  const defined = await define(k, { versions: { v1: { schema } } });
  const document = { ...defined.object('one'), unknownField: 'unknown', spec: { foo: 'foo1', cronSpec, ports, another: 1 } };
  const { message } = await k.fails(apply(k, defined, document), { code: 400, message: '.unknownField: field not declared in schema' });
  expect(message).toContain('.spec.another: field not declared in schema');
  expect((await k.raw('GET', `${defined.path()}/one`)).code).toBe(404);
  const created = await k.fails(k.raw('POST', `${defined.path()}?fieldValidation=Strict`, { body: document }), { code: 400, reason: 'BadRequest', message: 'strict decoding error' });
  for (const field of ['spec.another', 'unknownField']) expect(created.message).toContain(`unknown field "${field}"`);
});

row('fv-cr-metadata', async (k) => {
  const embedding = schemaOf({
    spec: {
      type: 'object',
      'x-kubernetes-preserve-unknown-fields': true,
      properties: {
        template: { type: 'object', 'x-kubernetes-embedded-resource': true, properties: { metadata: { type: 'object', properties: { name: { type: 'string' } } }, spec: { type: 'object' } } },
        foo: { type: 'string' },
      },
    },
  });
  const defined = await define(k, { versions: { v1: { schema: embedding } } });
  const document = {
    apiVersion: `${defined.group}/v1`,
    kind: 'Thing',
    metadata: { name: 'one', unknownMeta: 'x' },
    spec: { foo: 'foo1', template: { apiVersion: 'foo/v1', kind: 'Sub', metadata: { name: 'sub', namespace: k.namespace, unknownSubMeta: 'x' } } },
  };
  await k.fails(apply(k, defined, document), { code: 400, message: /\.metadata\.unknownMeta: field not declared in schema/ });
  const { message } = await k.fails(k.raw('POST', `${defined.path()}?fieldValidation=Strict`, { body: document }), { code: 400, reason: 'BadRequest', message: 'strict decoding error' });
  expect(message).toContain('unknown field "metadata.unknownMeta"');
  expect(message).toContain('unknown field "spec.template.metadata.unknownSubMeta"');
  expect((await k.raw('GET', `${defined.path()}/one`)).code).toBe(404);
});

row('fv-cr-duplicates', async (k) => {
  const preserving = schemaOf({ spec: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: { foo: { type: 'string' } } } });
  const defined = await define(k, { versions: { v1: { schema: preserving } } });
  const document = `apiVersion: ${defined.group}/v1\nkind: Thing\nmetadata:\n  name: one\nspec:\n  unknown: uk1\n  foo: foo1\n  foo: foo2\n`;
  await k.fails(apply(k, defined, document), { code: 400, reason: 'BadRequest', message: /line 8: key "foo" already set in map/ });
  const json = `{"apiVersion":"${defined.group}/v1","kind":"Thing","metadata":{"name":"one"},"spec":{"unknown":"x","foo":"foo1","foo":"foo2","other":1,"other":2}}`;
  const { message } = await k.fails(k.raw('POST', `${defined.path()}?fieldValidation=Strict`, { body: json }), { code: 400, reason: 'BadRequest', message: 'strict decoding error' });
  expect(message).toContain('duplicate field "spec.foo"');
  expect(message).toContain('duplicate field "spec.other"');
});
