import { resources, type TypedResource } from '@rhythm/api';
import type { CustomResourceDefinition } from '@rhythm/api/types/apiextensions-v1';
import type { RunningInformer } from '@rhythm/controller';
import type { ControllerContext } from '../context.ts';

/** What CustomResourceDefinitions add to the kinds of the cluster, as it is now. */
export interface CustomResources {
  readonly informer: RunningInformer<CustomResourceDefinition>;
  /** One served version of each. */
  list(): readonly TypedResource[];
  /** Calls `changed` with what is served after each change of a definition. */
  onChange(changed: () => void): void;
}

export function customResources({ informers }: ControllerContext): CustomResources {
  const informer = informers.informer(resources.customResourceDefinitions);
  return {
    informer,
    list: () => informer.list().flatMap((definition) => resourceOf(definition) ?? []),
    onChange: (changed) => informer.addHandler({ onAdd: changed, onUpdate: changed, onDelete: changed }),
  };
}

/** The storage version where it is served, else the first that is; undefined for what is not served at all. */
function resourceOf({ spec, status }: CustomResourceDefinition): TypedResource | undefined {
  const established = (status?.conditions ?? []).some(({ type, status: value }) => type === 'Established' && value === 'True');
  const served = (spec.versions ?? []).filter((version) => version.served);
  const version = served.find(({ storage }) => storage) ?? served[0];
  if (!established || version === undefined) return undefined;
  return { group: spec.group, version: version.name, resource: spec.names.plural, kind: status.acceptedNames?.kind ?? spec.names.kind, namespaced: spec.scope === 'Namespaced' };
}

/** Tells resources apart, versions included. */
export function resourceId({ group, version, resource }: TypedResource): string {
  return `${group}/${version}/${resource}`;
}
