import type { KubeObject, TypedResource } from '@rhythm/api';
import { startInformer, type RunningInformer } from '@rhythm/controller';
import type { ControllerContext } from '../context.ts';
import { resourceId, type CustomResources } from './custom-resources.ts';

export interface FollowedResources {
  get(resource: TypedResource): RunningInformer<KubeObject> | undefined;
  /** Follows what is wanted by now, and no more. */
  refresh(): void;
  stop(): Promise<void>;
}

/** Informers on what definitions add, for as long as they do and it is wanted; `follow` gets each new one. */
export function followCustom(
  { client, clock, log, random }: ControllerContext,
  custom: Pick<CustomResources, 'list' | 'onChange'>,
  follow: (informer: RunningInformer<KubeObject>, resource: TypedResource) => void,
  isWanted: (resource: TypedResource) => boolean = () => true,
): FollowedResources {
  const open = new Map<string, RunningInformer<KubeObject>>();
  const refresh = (): void => {
    const wanted = new Map(custom.list().filter(isWanted).map((resource) => [resourceId(resource), resource]));
    for (const [id, informer] of open) {
      if (wanted.has(id)) continue;
      open.delete(id);
      void informer.stop();
    }
    for (const [id, resource] of wanted) {
      if (open.has(id)) continue;
      const informer = startInformer(client, resource, { clock, log, random });
      open.set(id, informer);
      follow(informer, resource);
    }
  };
  custom.onChange(refresh);
  return { get: (resource) => open.get(resourceId(resource)), refresh, stop: async () => void (await Promise.all([...open.values()].map((informer) => informer.stop()))) };
}
