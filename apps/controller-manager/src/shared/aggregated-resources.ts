import { resources, type KubeObject, type TypedResource } from '@rhythm/api';
import type { APIService } from '@rhythm/api/types/apiregistration-v1';
import { causeChain } from '@rhythm/base';
import type { RunningInformer } from '@rhythm/controller';
import type { ControllerContext } from '../context.ts';

/** What is known of the kinds that aggregated API servers serve. */
export interface Aggregated {
  /** One version of each that can be listed and deleted. */
  readonly resources: ReadonlyArray<TypedResource & { readonly canBeWatched: boolean }>;
  /** Group versions that could not be asked, with why. */
  readonly failures: ReadonlyArray<{ readonly groupVersion: string; readonly message: string }>;
}

export interface AggregatedResources {
  readonly informer: RunningInformer<APIService>;
  /** Asks the API server, which keeps it in memory. */
  discover(): Promise<Aggregated>;
  /** Calls `changed` after each change of an APIService. */
  onChange(changed: () => void): void;
}

/** An APIResourceList, as far as it is used. */
type ResourceList = KubeObject & { readonly resources?: ReadonlyArray<{ readonly name: string; readonly kind: string; readonly namespaced: boolean; readonly verbs?: readonly string[] }> };

export function aggregatedResources({ informers, client }: ControllerContext): AggregatedResources {
  const informer = informers.informer(resources.apiServices);
  return {
    informer,
    async discover() {
      const found = new Map<string, Aggregated['resources'][number]>();
      const failures: { groupVersion: string; message: string }[] = [];
      for (const { metadata, spec } of informer.list().filter((one) => one.spec.service !== undefined)) {
        const { group = '', version = '' } = spec;
        try {
          const list = (await client.get(resources.apiServices, '', metadata.name ?? '', { subresource: 'resources' })) as unknown as ResourceList;
          for (const { name, kind, namespaced, verbs = [] } of list.resources ?? []) {
            if (!verbs.includes('list') || !verbs.includes('delete') || found.has(`${group}/${name}`)) continue;
            found.set(`${group}/${name}`, { group, version, resource: name, kind, namespaced, canBeWatched: verbs.includes('watch') });
          }
        } catch (error) {
          failures.push({ groupVersion: `${group}/${version}`, message: causeChain(error) });
        }
      }
      return { resources: [...found.values()], failures };
    },
    onChange: (changed) => informer.addHandler({ onAdd: changed, onUpdate: changed, onDelete: changed }),
  };
}
