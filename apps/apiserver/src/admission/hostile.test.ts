import { afterEach, expect, test } from 'vitest';
import { seededRandom, VirtualClock } from '@rhythm/base';
import { ApiError, kindRegistry, type KubeObject } from '@rhythm/api';
import { MemoryObjects } from '../auth/memory-objects.ts';
import { RbacAuthorizer } from '../auth/rbac/authorizer.ts';
import { escalationStep } from '../auth/rbac/escalation.ts';
import { LiveSubjectIndex } from '../auth/rbac/live-index.ts';
import { allocationSteps } from '../steps/index.ts';
import { testApi, type TestApi } from '../testing.ts';
import { admissionSteps } from './index.ts';

let api: TestApi | undefined;
afterEach(() => api?.stop());

function server(): TestApi {
  const objects = new MemoryObjects();
  objects.put('', 'namespaces', { metadata: { name: 'a' } });
  objects.put('', 'serviceaccounts', { metadata: { name: 'default', namespace: 'a' } });
  objects.put('', 'limitranges', { metadata: { name: 'l', namespace: 'a' }, spec: { limits: [{ type: 'Container', default: { cpu: '1' } }] } } as unknown as KubeObject);
  const ports = { random: seededRandom(1), clock: new VirtualClock() };
  const authorizer = new RbacAuthorizer(new LiveSubjectIndex(objects, objects));
  const escalation = escalationStep(authorizer);
  return (api = testApi({ admission: [...admissionSteps(objects, { ...ports, authorizer, escalation, registry: kindRegistry, changes: objects }), ...allocationSteps('10.96.0.0/24', objects, ports)] }));
}

const bodies: Array<[path: string, kind: string, apiVersion: string, rest: string]> = [
  ['v1/ns/a/pods', 'Pod', 'v1', ''],
  ['v1/ns/a/pods', 'Pod', 'v1', ',"spec":null'],
  ['v1/ns/a/pods', 'Pod', 'v1', ',"spec":{}'],
  ['v1/ns/a/pods', 'Pod', 'v1', ',"spec":{"containers":null}'],
  ['v1/ns/a/pods', 'Pod', 'v1', ',"spec":{"containers":[null]}'],
  ['v1/ns/a/pods', 'Pod', 'v1', ',"spec":{"containers":[{}],"volumes":[{}],"tolerations":[{}],"initContainers":[{"env":[{}]}]}'],
  ['v1/ns/a/pods', 'Pod', 'v1', ',"spec":{"containers":[{"name":"c","resources":null,"envFrom":[{}],"volumeMounts":[{}]}],"volumes":[{"name":"v","projected":{"sources":null}}]}'],
  ['v1/ns/a/pods', 'Pod', 'v1', ',"spec":{"containers":[{"name":"c","resources":{"limits":{"cpu":"many","__proto__":"1"},"requests":{"constructor":"2"}}}],"nodeSelector":{"__proto__":"x"}}'],
  ['v1/ns/a/services', 'Service', 'v1', ''],
  ['v1/ns/a/services', 'Service', 'v1', ',"spec":null'],
  ['v1/ns/a/services', 'Service', 'v1', ',"spec":{"ports":null,"clusterIPs":[""]}'],
  ['v1/ns/a/services', 'Service', 'v1', ',"spec":{"type":"NodePort","ports":[{}],"clusterIPs":["None","10.96.0.3"]}'],
  ['v1/ns/a/services', 'Service', 'v1', ',"spec":{"type":"Nonsense","ports":[{"nodePort":-1}],"ipFamilies":["IPv9"]}'],
  ['v1/nodes', 'Node', 'v1', ''],
  ['v1/nodes', 'Node', 'v1', ',"spec":{"taints":[{}]}'],
  ['v1/ns/a/persistentvolumeclaims', 'PersistentVolumeClaim', 'v1', ',"spec":null'],
  ['scheduling.k8s.io/v1/priorityclasses', 'PriorityClass', 'scheduling.k8s.io/v1', ',"globalDefault":true'],
  ['rbac.authorization.k8s.io/v1/clusterroles', 'ClusterRole', 'rbac.authorization.k8s.io/v1', ',"rules":[{}],"aggregationRule":{"clusterRoleSelectors":[{}]}'],
  ['rbac.authorization.k8s.io/v1/clusterroles', 'ClusterRole', 'rbac.authorization.k8s.io/v1', ',"rules":null'],
  ['rbac.authorization.k8s.io/v1/clusterrolebindings', 'ClusterRoleBinding', 'rbac.authorization.k8s.io/v1', ''],
  ['rbac.authorization.k8s.io/v1/clusterrolebindings', 'ClusterRoleBinding', 'rbac.authorization.k8s.io/v1', ',"roleRef":{},"subjects":[{}]'],
];

test.each(bodies)('a strange body for %s is admitted or refused, never an internal error: %s %s %s', async (path, kind, apiVersion, rest) => {
  const body = `{"kind":"${kind}","apiVersion":"${apiVersion}","metadata":{"name":"x"}${rest}}`;
  const failure: unknown = await server().call('create', path, body).then(() => undefined, (error: unknown) => error);
  if (failure === undefined) return;
  expect(failure).toBeInstanceOf(ApiError);
  expect((failure as ApiError).code).toBeLessThan(500);
});
