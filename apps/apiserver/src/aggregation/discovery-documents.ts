import { aggregationLimits } from './limits.ts';

/** A resource as the aggregated form of discovery has it (apidiscovery.k8s.io/v2, APIResourceDiscovery). */
export interface DiscoveredResource {
  readonly resource: string;
  readonly responseKind?: { readonly group: string; readonly version: string; readonly kind: string };
  readonly scope: 'Namespaced' | 'Cluster';
  readonly singularResource: string;
  readonly verbs: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly subresources?: ReadonlyArray<{ readonly subresource: string; readonly responseKind?: { readonly group: string; readonly version: string; readonly kind: string }; readonly verbs: readonly string[] }>;
}

/** What of a document was not understood. */
export class DocumentError extends Error {
  override readonly name = 'DocumentError';
}

type Json = Readonly<Record<string, unknown>>;

/** The aggregated form: resources by `GROUP/VERSION`. @throws DocumentError. */
export function resourcesOfAggregated(document: unknown): Map<string, readonly DiscoveredResource[]> {
  const found = new Map<string, readonly DiscoveredResource[]>();
  if (record(document)['kind'] !== 'APIGroupDiscoveryList') throw new DocumentError('it is no APIGroupDiscoveryList');
  for (const group of list(record(document)['items'])) {
    const name = text(record(record(group)['metadata'])['name']);
    for (const version of list(record(group)['versions'])) {
      const resources = list(record(version)['resources']).slice(0, aggregationLimits.resourcesPerVersionMax);
      found.set(`${name}/${text(record(version)['version'])}`, resources.map(record).filter((one) => text(one['resource']) !== '').map(checked));
    }
  }
  return found;
}

/** The older form of one version, its subresources put below their resources (apiserver, ConvertGroupVersionIntoToDiscovery). @throws DocumentError. */
export function resourcesOfList(document: unknown, group: string, version: string): readonly DiscoveredResource[] {
  if (record(document)['kind'] !== 'APIResourceList') throw new DocumentError('it is no APIResourceList');
  const all = list(record(document)['resources']).slice(0, aggregationLimits.resourcesPerVersionMax).map(record);
  const kindOf = (one: Json): DiscoveredResource['responseKind'] => ({ group: text(one['group']) || group, version: text(one['version']) || version, kind: text(one['kind']) });
  const mains = new Map<string, DiscoveredResource & { subresources: NonNullable<DiscoveredResource['subresources']>[number][] }>();
  for (const one of all) {
    const name = text(one['name']);
    if (name === '' || name.includes('/')) continue;
    mains.set(name, { ...checked({ ...one, resource: name, scope: one['namespaced'] === true ? 'Namespaced' : 'Cluster', singularResource: one['singularName'] }), responseKind: kindOf(one) ?? { group, version, kind: '' }, subresources: [] });
  }
  for (const one of all) {
    const [parent = '', ...rest] = text(one['name']).split('/');
    if (rest.length > 0) mains.get(parent)?.subresources.push({ subresource: rest.join('/'), ...(kindOf(one) === undefined ? {} : { responseKind: kindOf(one) as NonNullable<DiscoveredResource['responseKind']> }), verbs: texts(one['verbs']) });
  }
  return [...mains.values()].map(({ subresources, ...main }) => (subresources.length === 0 ? main : { ...main, subresources }));
}

/** The older form again, for those who want to know what a version has. */
export function listOfResources(resources: readonly DiscoveredResource[], group: string, version: string): object {
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: group === '' ? version : `${group}/${version}`,
    resources: resources.map(({ resource, responseKind, scope, singularResource, verbs }) => ({ name: resource, singularName: singularResource, namespaced: scope === 'Namespaced', kind: responseKind?.kind ?? '', verbs })),
  };
}

function checked(one: Json): DiscoveredResource {
  const kind = record(one['responseKind']);
  const subresources = list(one['subresources']).map(record);
  return {
    resource: text(one['resource']),
    ...(one['responseKind'] === undefined ? {} : { responseKind: { group: text(kind['group']), version: text(kind['version']), kind: text(kind['kind']) } }),
    scope: one['scope'] === 'Namespaced' ? 'Namespaced' : 'Cluster',
    singularResource: text(one['singularResource']),
    verbs: texts(one['verbs']),
    ...(list(one['shortNames']).length === 0 ? {} : { shortNames: texts(one['shortNames']) }),
    ...(list(one['categories']).length === 0 ? {} : { categories: texts(one['categories']) }),
    ...(subresources.length === 0
      ? {}
      : {
          subresources: subresources.map((sub) => {
            const of = record(sub['responseKind']);
            return { subresource: text(sub['subresource']), ...(sub['responseKind'] === undefined ? {} : { responseKind: { group: text(of['group']), version: text(of['version']), kind: text(of['kind']) } }), verbs: texts(sub['verbs']) };
          }),
        }),
  };
}

function record(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function texts(value: unknown): string[] {
  return list(value).filter((one) => typeof one === 'string');
}
