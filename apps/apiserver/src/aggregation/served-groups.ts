import { compareVersions, type KindRegistry, type ServedGroup } from '@rhythm/api';
import type { OtherServers } from '../discovery/documents.ts';
import type { LiveRegistry } from '../custom/live-registry.ts';
import { builtInPriority, customPriority, type Priority } from './priorities.ts';
import type { RemoteDiscovery } from './remote-discovery.ts';
import { registrationGroup, type ApiServiceTable } from './service-table.ts';

interface Version {
  readonly version: string;
  readonly priority: Priority;
}

/** Discovery with what other servers serve in it. */
export function otherServers(table: ApiServiceTable, discovery: RemoteDiscovery, live: LiveRegistry): OtherServers {
  return {
    get generation() {
      return table.generation + discovery.generation;
    },
    groups: (registry) => (table.remotes.size === 0 ? registry.groups : merged(registry, table, live)),
    version: ({ group, version }) => {
      const remote = table.remoteOf(group, version);
      return remote === undefined ? undefined : discovery.of(remote);
    },
  };
}

/**
 * Groups by the highest priority that one of their versions asks for, then by name; versions by theirs, then as versions are ordered. The group of
 * the APIServices comes first in any case (kube-aggregator, SortedByGroupAndVersion).
 */
function merged(registry: KindRegistry, table: ApiServiceTable, live: LiveRegistry): readonly ServedGroup[] {
  const byGroup = new Map<string, Map<string, Version>>();
  const add = (group: string, version: string, priority: Priority): void => {
    const versions = byGroup.get(group) ?? new Map<string, Version>();
    versions.set(version, { version, priority });
    byGroup.set(group, versions);
  };
  const local = new Map(registry.groups.map((group, at) => [group.group, { group, at }]));
  for (const { group, versions } of registry.groups) for (const version of versions) add(group, version, live.servesBuiltIn(group, version) ? builtInPriority(group, version) : customPriority);
  for (const { spec } of table.all) {
    const { group = '', version = '', service, groupPriorityMinimum, versionPriority } = spec;
    // What is here no more needs no place.
    if (service !== undefined || byGroup.get(group)?.has(version) === true) add(group, version, { group: groupPriorityMinimum, version: versionPriority });
  }
  const rank = (group: string): number => (group === registrationGroup ? Infinity : Math.max(...[...(byGroup.get(group)?.values() ?? [])].map(({ priority }) => priority.group)));
  const remoteGroups = new Set([...table.remotes.values()].map(({ group }) => group));
  return [...byGroup.keys()]
    .map((group) => ({ group, rank: rank(group) }))
    .sort((a, b) => b.rank - a.rank || (a.rank === b.rank ? (a.group < b.group ? -1 : 1) : 0))
    .map(({ group }) => {
      const known = local.get(group)?.group;
      if (known !== undefined && !remoteGroups.has(group)) return known;
      const versions = [...(byGroup.get(group)?.values() ?? [])].sort((a, b) => b.priority.version - a.priority.version || compareVersions(a.version, b.version)).map(({ version }) => version);
      return { group, versions, preferredVersion: versions[0] ?? '' };
    });
}
