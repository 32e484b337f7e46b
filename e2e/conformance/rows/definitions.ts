import type { KubernetesObject, V1CustomResourceDefinition, V1CustomResourceDefinitionSpec, V1CustomResourceDefinitionVersion } from '@kubernetes/client-node';
import type { Context } from '../harness/index.ts';

export const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

/** A custom object with whatever its schema has. */
export type Custom = KubernetesObject & Record<string, unknown>;

export interface Defined {
  /** As it was made. */
  readonly definition: V1CustomResourceDefinition;
  readonly name: string;
  readonly group: string;
  readonly kind: string;
  readonly plural: string;
  /** The collection in the row's namespace (or the cluster's), of the first version unless another is named. */
  path(version?: string): string;
  /** An object of it, with name and whatever else. */
  object(name: string, more?: object, version?: string): Custom;
}

export interface DefinitionOptions {
  /** What a kind is called, in lower case. Default `thing`. */
  readonly singular?: string;
  /** Default: the row's namespace, then example.com. */
  readonly group?: string;
  readonly scope?: 'Namespaced' | 'Cluster';
  readonly labels?: Record<string, string>;
  /** By name; the first is stored. Default v1, which takes anything. */
  readonly versions?: Readonly<Record<string, Partial<V1CustomResourceDefinitionVersion>>>;
  readonly spec?: Partial<V1CustomResourceDefinitionSpec>;
}

export const anything = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } } as unknown as NonNullable<V1CustomResourceDefinitionVersion['schema']>;

/** A schema of an object with these properties; names as they are on the wire. */
export const schemaOf = (properties: object, more: object = {}): NonNullable<V1CustomResourceDefinitionVersion['schema']> => ({ openAPIV3Schema: { type: 'object', properties, ...more } }) as unknown as NonNullable<V1CustomResourceDefinitionVersion['schema']>;

/** The definition of a kind of the row's own, not yet made. */
export function definitionOf(k: Context, { singular = 'thing', group = `${k.namespace}.example.com`, scope = 'Namespaced', labels = {}, versions = { v1: {} }, spec = {} }: DefinitionOptions = {}): V1CustomResourceDefinition {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${singular}s.${group}`, labels },
    spec: {
      group,
      scope,
      names: { plural: `${singular}s`, singular, kind: `${singular.charAt(0).toUpperCase()}${singular.slice(1)}`, listKind: `${singular.charAt(0).toUpperCase()}${singular.slice(1)}List` },
      versions: Object.entries(versions).map(([name, version], index) => ({ name, served: true, storage: index === 0, schema: anything, ...version })),
      ...spec,
    },
  };
}

/** Makes it and waits until it is Established and each version is served. */
export async function define(k: Context, options: DefinitionOptions = {}): Promise<Defined> {
  const definition = await k.create<V1CustomResourceDefinition>(definitions, definitionOf(k, options));
  const { group, names, versions, scope } = definition.spec;
  const [first] = versions;
  const path = (version = first?.name ?? ''): string => `/apis/${group}/${version}/${scope === 'Cluster' ? '' : `namespaces/${k.namespace}/`}${names.plural}`;
  const name = definition.metadata?.name ?? '';
  // Gone before the webhooks that convert its objects.
  k.cleanup(async () => {
    await k.raw('DELETE', `${definitions}/${name}`);
    await k.gone(`${definitions}/${name}`);
  });
  await established(k, name);
  for (const version of versions) if (version.served) await k.eventually(async () => (await k.raw('GET', path(version.name))).code === 200, `${version.name} of ${name} is served`);
  return { definition, name, group, kind: names.kind, plural: names.plural, path, object: (own, more = {}, version = first?.name ?? '') => ({ apiVersion: `${group}/${version}`, kind: names.kind, metadata: { name: own }, ...more }) };
}

export async function established(k: Context, name: string): Promise<void> {
  await k.until<V1CustomResourceDefinition>(`${definitions}/${name}`, (object) => object?.status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True') === true, `${name} is Established`);
}
