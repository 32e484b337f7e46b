import { apiVersionOf, type KindDefinition, type KindRegistry, type ServedGroup } from '@rhythm/api';

type GroupVersion = { readonly group: string; readonly version: string };

/** What is served by others than the registry's kinds, for discovery. */
export interface OtherServers {
  /** Grows with every change. */
  readonly generation: number;
  /** The groups of the registry and of all others, in order of preference, as are the versions in them. */
  groups(registry: KindRegistry): readonly ServedGroup[];
  /** What another server serves of a version, in the aggregated form; `undefined` where it is no other one's. */
  version(of: GroupVersion): { readonly resources: readonly object[]; readonly isStale: boolean } | undefined;
}

export const noOtherServers: OtherServers = { generation: 0, groups: (registry) => registry.groups, version: () => undefined };

/** `APIVersions` at /api. */
export function apiVersions(address: string): object {
  return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: address }] };
}

/** `APIGroup` at /apis/GROUP; `undefined` for a group that is not served. */
export function apiGroup(groups: readonly ServedGroup[], group: string): object | undefined {
  const served = groups.find((g) => g.group === group && g.group !== '');
  if (served === undefined) return undefined;
  const of = (version: string): object => ({ groupVersion: `${group}/${version}`, version });
  return { name: group, versions: served.versions.map(of), preferredVersion: of(served.preferredVersion) };
}

/** `APIGroupList` at /apis. */
export function apiGroupList(groups: readonly ServedGroup[]): object {
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.filter((g) => g.group !== '').map((g) => apiGroup([g], g.group)) };
}

/** `APIResourceList` at /api/v1 and /apis/GROUP/VERSION; `undefined` for a version that is not served. */
export function apiResourceList(registry: KindRegistry, of: GroupVersion): object | undefined {
  const kinds = kindsOf(registry, of);
  if (kinds.length === 0) return undefined;
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: apiVersionOf(of), resources: kinds.flatMap(resourcesOf) };
}

/** Every group with its versions and resources in one document (KEP-3352): /api holds the core group, /apis the others. */
export function aggregated(registry: KindRegistry, others: OtherServers, core: boolean, apiVersion: string): object {
  // Once for all: a thousand groups are not to be looked through a thousand times.
  const kinds = Map.groupBy(registry.kinds, apiVersionOf);
  const versionOf = (group: string, version: string): object => {
    const other = others.version({ group, version });
    const resources = other === undefined ? (kinds.get(apiVersionOf({ group, version })) ?? []).map(aggregatedResource) : other.resources;
    return { version, resources, freshness: other?.isStale === true ? 'Stale' : 'Current' };
  };
  const groups = others.groups(registry).filter((g) => (g.group === '') === core);
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion,
    metadata: {},
    items: groups.map((g) => ({
      metadata: core ? {} : { name: g.group },
      versions: g.versions.map((version) => versionOf(g.group, version)),
    })),
  };
}

function kindsOf(registry: KindRegistry, of: GroupVersion): readonly KindDefinition[] {
  return registry.kinds.filter((kind) => kind.group === of.group && kind.version === of.version);
}

function resourcesOf(kind: KindDefinition): object[] {
  const main = {
    name: kind.plural,
    singularName: kind.singular,
    namespaced: kind.namespaced,
    kind: kind.kind,
    verbs: kind.verbs,
    ...(kind.shortNames.length === 0 ? {} : { shortNames: kind.shortNames }),
    ...(kind.categories.length === 0 ? {} : { categories: kind.categories }),
    ...(kind.storageVersionHash === '' ? {} : { storageVersionHash: kind.storageVersionHash }),
  };
  const subs = kind.subresources.map((sub) => ({
    name: `${kind.plural}/${sub.name}`,
    singularName: '',
    namespaced: kind.namespaced,
    ...(sub.group === kind.group && sub.version === kind.version ? {} : { group: sub.group, version: sub.version }),
    kind: sub.kind,
    verbs: sub.verbs,
  }));
  return [main, ...subs];
}

function aggregatedResource(kind: KindDefinition): object {
  return {
    resource: kind.plural,
    responseKind: { group: kind.group, version: kind.version, kind: kind.kind },
    scope: kind.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: kind.singular,
    verbs: kind.verbs,
    ...(kind.shortNames.length === 0 ? {} : { shortNames: kind.shortNames }),
    ...(kind.categories.length === 0 ? {} : { categories: kind.categories }),
    ...(kind.subresources.length === 0
      ? {}
      : { subresources: kind.subresources.map((sub) => ({ subresource: sub.name, responseKind: { group: sub.group, version: sub.version, kind: sub.kind }, verbs: sub.verbs })) }),
  };
}
