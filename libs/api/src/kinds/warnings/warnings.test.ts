import { describe, expect, test } from 'vitest';
import { kindNamed, made } from '../rules/testing.ts';

function warned(name: string, value: object): string[] {
  const kind = kindNamed(name);
  return kind.warnings?.(made(kind, value)) ?? [];
}

const container = { name: 'c', image: 'i' };
const warnedPod = (spec: object, metadata: object = {}): string[] => warned('v1 Pod', { metadata, spec: { containers: [container], ...spec } });

describe('pods', () => {
  test('a plain one gives no cause', () => expect(warnedPod({})).toEqual([]));

  test.each<[object, string]>([
    [{ nodeSelector: { 'beta.kubernetes.io/os': 'linux' } }, 'spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead'],
    [{ topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'failure-domain.beta.kubernetes.io/zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector: {} }] }, 'spec.topologySpreadConstraints[0].topologyKey: failure-domain.beta.kubernetes.io/zone is deprecated since v1.17; use "topology.kubernetes.io/zone" instead'],
    [{ topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'z', whenUnsatisfiable: 'DoNotSchedule' }] }, 'spec.topologySpreadConstraints[0].labelSelector: a null labelSelector results in matching no pod'],
    [{ affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'beta.kubernetes.io/arch', operator: 'Exists' }] }] } } } }, 'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].key: beta.kubernetes.io/arch is deprecated since v1.14; use "kubernetes.io/arch" instead'],
    [{ containers: [{ ...container, env: [{ name: 'A' }, { name: 'B' }, { name: 'A' }] }] }, 'spec.containers[0].env[2]: hides previous definition of "A", which may be dropped when using apply'],
    [{ containers: [{ ...container, resources: { limits: { memory: '100m' }, requests: { memory: '0' } } }] }, 'spec.containers[0].resources.limits[memory]: fractional byte value "100m" is invalid, must be an integer'],
    [{ containers: [{ ...container, ports: [{ containerPort: 1 }, { containerPort: 1 }] }] }, 'spec.containers[0].ports[1]: duplicate port definition with spec.containers[0].ports[0]'],
    [{ containers: [{ ...container, ports: [{ name: 'p', containerPort: 1 }] }, { name: 'd', image: 'i', ports: [{ name: 'p', containerPort: 2 }] }] }, 'spec.containers[1].ports[0]: duplicate port name "p" with spec.containers[0].ports[0], services and probes that select ports by name will use spec.containers[0].ports[0]'],
    [{ imagePullSecrets: [{ name: '' }] }, 'spec.imagePullSecrets[0].name: invalid empty name ""'],
    [{ volumes: [{ name: 'v', gitRepo: { repository: 'r' } }] }, 'spec.volumes[0].gitRepo: deprecated in v1.11, and disabled by default in v1.33+'],
  ])('%j', (spec, warning) => expect(warnedPod(spec)).toEqual([warning]));

  test('metadata', () => {
    expect(warnedPod({}, { name: 'a.b' })[0]).toMatch(/^metadata\.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: \[must not contain dots\]$/);
    expect(warnedPod({}, { annotations: { 'scheduler.alpha.kubernetes.io/critical-pod': '' } })).toEqual(['metadata.annotations[scheduler.alpha.kubernetes.io/critical-pod]: non-functional in v1.16+; use the "priorityClassName" field instead']);
  });

  test('who updates a pod is not told', () => {
    const kind = kindNamed('v1 Pod');
    const pod = made(kind, { spec: { containers: [{ ...container, env: [{ name: 'A' }, { name: 'A' }] }] } });
    expect(kind.warnings?.(pod, pod)).toEqual([]);
  });
});

test('templates name the path', () => {
  const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ ...container, env: [{ name: 'A' }, { name: 'A' }] }] } };
  const spec = { selector: { matchLabels: { a: 'b' } }, template };
  expect(warned('apps/v1 Deployment', { spec })).toEqual(['spec.template.spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply']);
  expect(warned('batch/v1 CronJob', { spec: { schedule: '@daily', jobTemplate: { spec: { template } } } })[0]).toMatch(/^spec\.jobTemplate\.spec\.template\.spec\.containers\[0\]\.env\[1\]: /);
});

test.each<[string, object, string[]]>([
  ['v1 Service', { spec: { clusterIP: 'None', sessionAffinity: 'ClientIP', ports: [{ port: 1 }] } }, ['spec.SessionAffinity is ignored for headless services']],
  ['v1 Service', { spec: { externalName: 'a.b', ports: [{ port: 1 }] } }, ['spec.externalName is ignored when spec.type is not "ExternalName"']],
  ['networking.k8s.io/v1 Ingress', { metadata: { annotations: { 'kubernetes.io/ingress.class': 'x' } }, spec: {} }, [`annotation "kubernetes.io/ingress.class" is deprecated, please use 'spec.ingressClassName' instead`]],
  ['v1 PersistentVolume', { spec: { persistentVolumeReclaimPolicy: 'Recycle', accessModes: [], capacity: {} } }, ['spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.']],
])('%s', (name, value, warnings) => expect(warned(name, value)).toEqual(warnings));
