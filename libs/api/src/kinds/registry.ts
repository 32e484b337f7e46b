import type { KubeObject } from '../resource.ts';
import { admissionregistrationKinds } from './admissionregistration/index.ts';
import { apiextensionsKinds } from './apiextensions/index.ts';
import { apiregistrationKinds } from './apiregistration/index.ts';
import { appsKinds } from './apps/index.ts';
import { authenticationKinds } from './authentication/index.ts';
import { authorizationKinds } from './authorization/index.ts';
import { autoscalingKinds } from './autoscaling/index.ts';
import { batchKinds } from './batch/index.ts';
import { certificatesKinds } from './certificates/index.ts';
import { coordinationKinds } from './coordination/index.ts';
import { coreKinds } from './core/index.ts';
import { discoveryKinds } from './discovery/index.ts';
import { eventsKinds } from './events/index.ts';
import { flowcontrolKinds } from './flowcontrol/index.ts';
import type { KindDefinition } from './kind.ts';
import { networkingKinds } from './networking/index.ts';
import { nodeKinds } from './node/index.ts';
import { policyKinds } from './policy/index.ts';
import { rbacKinds } from './rbac/index.ts';
import { resourceKinds } from './resource/index.ts';
import { schedulingKinds } from './scheduling/index.ts';
import { storageKinds } from './storage/index.ts';
import { compareVersions } from './version-priority.ts';

/** A group as discovery shows it: versions in order of preference. */
export interface ServedGroup {
  readonly group: string;
  readonly versions: readonly string[];
  readonly preferredVersion: string;
}

/** The kinds that are served, or appear as bodies of subresources, and how to find them. */
export interface KindRegistry {
  /** Grows whenever anything that is served changes: what was made of the kinds before is old. */
  readonly generation: number;
  /** Served kinds, group by group in discovery's order, within a version by plural name. */
  readonly kinds: readonly KindDefinition[];
  readonly groups: readonly ServedGroup[];
  /** A served kind by its plural name. */
  byResource(group: string, version: string, resource: string): KindDefinition | undefined;
  /** A served kind, or one that only is the body of a subresource (Eviction, Scale, TokenRequest: no verbs). */
  byKind(group: string, version: string, kind: string): KindDefinition | undefined;
  /** The definition in whose version objects of this kind are stored: itself, or what `storedAs` names. */
  storageOf(kind: KindDefinition): KindDefinition;
}

/** In the order in which upstream's discovery lists the groups. */
const builtIn: readonly KindDefinition[] = [
  ...coreKinds,
  ...apiregistrationKinds,
  ...appsKinds,
  ...eventsKinds,
  ...authenticationKinds,
  ...authorizationKinds,
  ...autoscalingKinds,
  ...batchKinds,
  ...certificatesKinds,
  ...networkingKinds,
  ...policyKinds,
  ...rbacKinds,
  ...storageKinds,
  ...admissionregistrationKinds,
  ...apiextensionsKinds,
  ...schedulingKinds,
  ...coordinationKinds,
  ...nodeKinds,
  ...discoveryKinds,
  ...flowcontrolKinds,
  ...resourceKinds,
];

/** A registry of the given kinds; groups in order of first appearance. */
export function createKindRegistry(definitions: readonly KindDefinition[]): KindRegistry {
  const served = definitions.filter((d) => d.verbs.length > 0);
  const groups = groupsOf(served);
  const byResource = new Map(served.map((d) => [key(d.group, d.version, d.plural), d]));
  const byKind = new Map(definitions.map((d) => [key(d.group, d.version, d.kind), d]));
  return {
    generation: 0,
    kinds: groups.flatMap((g) => g.versions.flatMap((v) => served.filter((d) => d.group === g.group && d.version === v).sort(byPlural))),
    groups,
    byResource: (group, version, resource) => byResource.get(key(group, version, resource)),
    byKind: (group, version, kind) => byKind.get(key(group, version, kind)),
    storageOf(kind: KindDefinition): KindDefinition {
      const stored = kind.storedAs;
      return stored === undefined ? kind : (byKind.get(key(stored.group, stored.version, kind.kind)) ?? kind);
    },
  };
}

/** The built-in kinds. */
export const kindRegistry: KindRegistry = createKindRegistry(builtIn);

/** The object in the version it is stored in. */
export function toStored(kind: KindDefinition, object: KubeObject): KubeObject {
  return kind.storedAs === undefined ? object : kind.storedAs.toStored(object);
}

/** A stored object in the version of `kind`. */
export function fromStored(kind: KindDefinition, object: KubeObject): KubeObject {
  return kind.storedAs === undefined ? object : kind.storedAs.fromStored(object);
}

function groupsOf(kinds: readonly KindDefinition[]): ServedGroup[] {
  const versions = new Map<string, Set<string>>();
  for (const { group, version } of kinds) {
    const known = versions.get(group) ?? new Set<string>();
    versions.set(group, known.add(version));
  }
  return [...versions].map(([group, found]) => {
    const ordered = [...found].sort(compareVersions);
    return { group, versions: ordered, preferredVersion: ordered[0] ?? '' };
  });
}

function byPlural(a: KindDefinition, b: KindDefinition): number {
  return a.plural < b.plural ? -1 : a.plural > b.plural ? 1 : 0;
}

function key(group: string, version: string, name: string): string {
  return `${group}/${version}/${name}`;
}
