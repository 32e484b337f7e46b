import { hasReason, resources } from '@rhythm/api';
import type { ConfigMap } from '@rhythm/api/types/core-v1';
import { done, enqueueOn, runController, type RunningController } from '@rhythm/controller';
import type { ControllerContext } from '../../context.ts';

export const rootCaConfigMap = 'kube-root-ca.crt';
const description = 'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc.';

/** Every active namespace has a ConfigMap with the certificate by which pods know the API server. */
export function startRootCa(context: ControllerContext, rootCa: string): RunningController {
  const { client } = context;
  const namespaces = context.informers.informer(resources.namespaces);
  const maps = context.informers.informer(resources.configMaps, { fieldSelector: `metadata.name=${rootCaConfigMap}` });
  const running = runController({
    name: 'root-ca',
    clock: context.clock,
    log: context.log,
    synced: [namespaces, maps],
    reconcile: async (namespace) => {
      if (namespaces.get(namespace)?.status.phase !== 'Active') return done;
      const existing = maps.get(`${namespace}/${rootCaConfigMap}`);
      const wanted = wantedMap(namespace, rootCa, existing);
      try {
        if (existing === undefined) await client.create(resources.configMaps, namespace, wanted);
        else if (existing.data?.['ca.crt'] !== rootCa || Object.keys(existing.data).length !== 1) await client.update(resources.configMaps, wanted);
      } catch (error) {
        if (!hasReason(error, 'AlreadyExists') && !hasReason(error, 'NotFound')) throw error;
      }
      return done;
    },
  });
  enqueueOn(namespaces, running.queue);
  enqueueOn(maps, running.queue, (map) => [map.metadata.namespace ?? '']);
  return running;
}

function wantedMap(namespace: string, rootCa: string, existing: ConfigMap | undefined): ConfigMap {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { ...existing?.metadata, name: rootCaConfigMap, namespace, annotations: { 'kubernetes.io/description': description } },
    data: { 'ca.crt': rootCa },
  };
}
