import type { V1CustomResourceDefinition } from '@kubernetes/client-node';
import { expect } from 'vitest';
import { row, type Context } from '../../harness/index.ts';
import { define, definitions, schemaOf, type Defined } from '../definitions.ts';

const barred = schemaOf(
  {
    spec: {
      type: 'object',
      description: 'Specification of Foo',
      properties: {
        bars: {
          type: 'array',
          description: 'List of Bars and their specs.',
          items: {
            type: 'object',
            required: ['name'],
            properties: {
              name: { type: 'string', description: 'Name of Bar.' },
              age: { type: 'string', description: 'Age of Bar.' },
              feeling: { type: 'string', description: 'Whether Bar is feeling great.', enum: ['Great', 'Down'] },
              bazs: { type: 'array', description: 'List of Bazs.', items: { type: 'string' } },
            },
          },
        },
      },
    },
    status: { type: 'object', description: 'Status of Foo', properties: { bars: { type: 'array', items: { type: 'object', properties: { available: { type: 'boolean' }, quxType: { type: 'string' } } } } } },
  },
  { description: 'Foo for testing' },
);
const waldo = schemaOf({ spec: { type: 'object', description: 'Specification of Waldo', properties: { dummy: { type: 'string', description: 'Dummy property.' } } } }, { description: 'Waldo for testing' });

interface Published {
  readonly description?: string;
  readonly type?: string;
  readonly properties?: Record<string, object & { readonly description?: string; readonly properties?: object }>;
  readonly 'x-kubernetes-group-version-kind'?: object[];
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
}

/** `com.example.ROW.v1.Thing` */
const definitionName = ({ group, kind }: Defined, version: string): string => [...group.split('.').toReversed(), version, kind].join('.');

/** What /openapi/v2 says of one version of a kind. */
async function published(k: Context, defined: Defined, version = 'v1'): Promise<Published | undefined> {
  const document = (await k.raw('GET', '/openapi/v2')).json<{ definitions: Record<string, Published> }>();
  return document.definitions[definitionName(defined, version)];
}

/** Waits until it is published, with what every object has. */
async function appears(k: Context, defined: Defined, version = 'v1'): Promise<Published> {
  const found = await k.eventually(() => published(k, defined, version), `${version} of ${defined.name} is published`);
  const gvk = { group: defined.group, kind: defined.kind, version };
  expect(found['x-kubernetes-group-version-kind']).toEqual([gvk]);
  return found;
}

const disappears = (k: Context, defined: Defined, version: string): Promise<unknown> => k.eventually(async () => (await published(k, defined, version)) === undefined, `${version} of ${defined.name} is not published any more`);

/** The schema of Foo as it is published: with the members of every object. */
function expectFoo(found: Published, description = 'Foo for testing'): void {
  expect(found.description).toBe(description);
  expect(Object.keys(found.properties ?? {}).toSorted()).toEqual(['apiVersion', 'kind', 'metadata', 'spec', ...(description.startsWith('Foo') ? ['status'] : [])]);
  if (description.startsWith('Foo')) {
    expect(found.properties?.['spec']).toEqual((barred.openAPIV3Schema as unknown as { properties: Record<string, object> }).properties['spec']);
  }
}

/** `kubectl create` and `kubectl apply` of a document: both succeed, or both fail and say this. */
async function bothWays(k: Context, defined: Defined, content: object, complaint?: RegExp): Promise<void> {
  const document = JSON.stringify(defined.object('one', content));
  for (const command of ['create', 'apply']) {
    const { code, stderr } = await k.tryKubectl([command, '-f', '-'], document);
    if (complaint === undefined) {
      expect(code, stderr).toBe(0);
      await k.kubectl(['delete', defined.plural, 'one']);
    } else {
      expect(code).not.toBe(0);
      expect(stderr).toMatch(complaint);
    }
  }
}

const explained = (k: Context, path: string): Promise<string> => k.kubectl(['explain', path]);

row('crdoapi-schema', async (k) => {
  const defined = await define(k, { singular: k.unique('foo'), versions: { v1: { schema: barred } } });
  expectFoo(await appears(k, defined));
  await bothWays(k, defined, { spec: { bars: [{ name: 'test-bar' }] } });
  await bothWays(k, defined, { spec: { foo: true } }, /unknown field "(spec\.)?foo"/);
  await bothWays(k, defined, { spec: { bars: [{ age: '10' }] } }, /spec\.bars\[0\]\.name: Required value|missing required field "name"/);
  await bothWays(k, defined, { spec: { bars: [{ name: 'test-bar', feeling: 'NonExistentValue' }] } }, /Unsupported value: "NonExistentValue"/);
  const { plural } = defined;
  expect(await explained(k, plural)).toMatch(/DESCRIPTION:.*Foo for testing.*FIELDS:.*apiVersion.*<string>.*APIVersion defines.*spec.*<Object>.*Specification of Foo/s);
  expect(await explained(k, `${plural}.metadata`)).toMatch(/DESCRIPTION:.*Standard object's metadata.*FIELDS:.*creationTimestamp.*<string>.*CreationTimestamp is a timestamp/s);
  expect(await explained(k, `${plural}.spec`)).toMatch(/DESCRIPTION:.*Specification of Foo.*FIELDS:.*bars.*<\[\]Object>.*List of Bars and their specs/s);
  expect(await explained(k, `${plural}.spec.bars`)).toMatch(/FIELD:.*bars.*<\[\]Object>.*DESCRIPTION:.*List of Bars and their specs.*FIELDS:.*bazs.*<\[\]string>.*List of Bazs.*name.*<string>.*Name of Bar/s);
  expect((await k.tryKubectl(['explain', `${plural}.spec.bars2`])).stderr).toContain('field "bars2" does not exist');
});

row('crdoapi-noschema', async (k) => {
  const defined = await define(k, { singular: k.unique('empty') });
  await appears(k, defined);
  await bothWays(k, defined, { a: { b: [{ c: 'd' }] } });
  expect(await explained(k, defined.plural)).toMatch(/DESCRIPTION:.*<empty>/s);
});

row('crdoapi-preserve-root', async (k) => {
  const schema = schemaOf({ spec: { type: 'object', description: 'Specification of Waldo', properties: { dummy: { type: 'string' } } } }, { description: 'preserve-unknown-properties at root for testing', 'x-kubernetes-preserve-unknown-fields': true });
  const defined = await define(k, { singular: k.unique('root'), versions: { v1: { schema } } });
  // A root that takes anything says nothing of what it takes, or clients would refuse the rest.
  expect((await appears(k, defined)).properties).toBeUndefined();
  await bothWays(k, defined, { a: { b: [{ c: 'd' }] } });
  expect(await explained(k, defined.plural)).toMatch(new RegExp(`KIND:\\s+${defined.kind}`));
});

row('crdoapi-preserve-embedded', async (k) => {
  const description = 'preserve-unknown-properties in nested field for testing';
  const nested = (of: string): object => ({ type: 'object', description: `${of} of Waldo`, 'x-kubernetes-preserve-unknown-fields': true, properties: { dummy: { type: 'string', description: 'Dummy property.' } } });
  const defined = await define(k, { singular: k.unique('nested'), versions: { v1: { schema: schemaOf({ spec: nested('Specification'), status: nested('Status') }, { description }) } } });
  expect((await appears(k, defined)).properties?.['spec']).toMatchObject({ description: 'Specification of Waldo', 'x-kubernetes-preserve-unknown-fields': true });
  await bothWays(k, defined, { spec: { a: null, b: [{ c: 'd' }] } });
  const text = await explained(k, defined.plural);
  expect(text).toMatch(new RegExp(`DESCRIPTION:.*${description}`, 's'));
  expect(text).toMatch(/spec\s+<Object>\s+Specification of Waldo/);
});

row('crdoapi-multi-group', async (k) => {
  const foo = await define(k, { singular: 'foo', group: `one.${k.namespace}.example.com`, versions: { v1: { schema: barred } } });
  const other = await define(k, { singular: 'waldo', group: `two.${k.namespace}.example.com`, versions: { v1beta1: { schema: waldo } } });
  expectFoo(await appears(k, other, 'v1beta1'), 'Waldo for testing');
  expectFoo(await appears(k, foo));
});

row('crdoapi-multi-version', async (k) => {
  const one = await define(k, { singular: 'both', versions: { v2: { schema: barred }, v3: { schema: barred } } });
  for (const version of ['v2', 'v3']) expectFoo(await appears(k, one, version));
  // And of two definitions in one group.
  const group = `other.${k.namespace}.example.com`;
  const [four, five] = [await define(k, { singular: 'foo', group, versions: { v4: { schema: barred } } }), await define(k, { singular: 'waldo', group, versions: { v5: { schema: waldo } } })];
  expectFoo(await appears(k, five, 'v5'), 'Waldo for testing');
  expectFoo(await appears(k, four, 'v4'));
});

row('crdoapi-multi-kind', async (k) => {
  const [foo, other] = [await define(k, { singular: 'foo', versions: { v6: { schema: barred } } }), await define(k, { singular: 'waldo', versions: { v6: { schema: waldo } } })];
  expectFoo(await appears(k, other, 'v6'), 'Waldo for testing');
  expectFoo(await appears(k, foo, 'v6'));
});

row('crdoapi-rename', async (k) => {
  const defined = await define(k, { singular: 'foo', versions: { v2: { schema: barred }, v3: { schema: barred } } });
  for (const version of ['v2', 'v3']) expectFoo(await appears(k, defined, version));
  const before = await published(k, defined, 'v2');
  await k.patch<V1CustomResourceDefinition>(`${definitions}/${defined.name}`, [{ op: 'test', path: '/spec/versions/1/name', value: 'v3' }, { op: 'replace', path: '/spec/versions/1/name', value: 'v4' }], 'json');
  expectFoo(await appears(k, defined, 'v4'));
  await disappears(k, defined, 'v3');
  expect(await published(k, defined, 'v2')).toEqual(before);
});

row('crdoapi-unserve', async (k) => {
  const defined = await define(k, { singular: 'foo', versions: { v5: { schema: barred }, v6alpha1: { schema: barred } } });
  for (const version of ['v5', 'v6alpha1']) expectFoo(await appears(k, defined, version));
  const before = await published(k, defined, 'v5');
  await k.patch(`${definitions}/${defined.name}`, [{ op: 'test', path: '/spec/versions/1/name', value: 'v6alpha1' }, { op: 'replace', path: '/spec/versions/1/served', value: false }], 'json');
  await disappears(k, defined, 'v6alpha1');
  expect(await published(k, defined, 'v5')).toEqual(before);
});
