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
    [{ volumes: [{ name: 'v', rbd: { monitors: ['m'], image: 'i' } }] }, 'spec.volumes[0].rbd: deprecated in v1.28, non-functional in v1.31+'],
    [{ volumes: [{ name: 'v', storageos: { volumeName: 'a' } }] }, 'spec.volumes[0].storageOS: deprecated in v1.22, non-functional in v1.25+'],
    [{ volumes: [{ name: 'v', ephemeral: { volumeClaimTemplate: { spec: { resources: { requests: { storage: '1500m' } } } } } }] }, 'spec.volumes[0].ephemeral.volumeClaimTemplate.spec.resources.requests[storage]: fractional byte value "1500m" is invalid, must be an integer'],
    [{ volumes: [{ name: 'v', projected: { sources: [{ serviceAccountToken: { path: 't' } }, { secret: { name: 's', items: [{ key: 'k', path: 't' }] } }] } }] }, 'spec.volumes[0].projected.sources.secrets[0]: has duplicated path with ServiceAccountToken "t"'],
    [{ hostAliases: [{ ip: '1.2.3.4' }, { ip: '1.2.3.4' }] }, 'spec.hostAliases[1].ip: duplicate ip "1.2.3.4"'],
    [{ imagePullSecrets: [{ name: 's' }, { name: 's' }] }, 'spec.imagePullSecrets[1].name: duplicate name "s"'],
    [{ overhead: { memory: '100m' } }, 'spec.overhead[memory]: fractional byte value "100m" is invalid, must be an integer'],
    [{ containers: [{ ...container, ports: [{ containerPort: 1, hostPort: 2 }] }, { name: 'd', image: 'i', ports: [{ containerPort: 1 }] }] }, 'spec.containers[1].ports[0]: overlapping port definition with spec.containers[0].ports[0]'],
    [{ containers: [{ ...container, ports: [{ containerPort: 1, hostPort: 2, hostIP: '1.2.3.4' }, { containerPort: 1, hostPort: 2 }] }] }, 'spec.containers[0].ports[1]: dangerously ambiguous port definition with spec.containers[0].ports[0]'],
    [{ containers: [{ ...container, ports: [{ containerPort: 1, hostIP: '1.2.3.4' }] }] }, 'spec.containers[0].ports[0]: hostIP set without hostPort: {Name: HostPort:0 ContainerPort:1 Protocol:TCP HostIP:1.2.3.4}'],
    [{ affinity: { podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: { topologyKey: 'k' } }] } } }, 'spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].podAffinityTerm.labelSelector: a null labelSelector results in matching no pod'],
    [{ affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, preference: { matchExpressions: [{ key: 'a', operator: 'In', values: ['-'] }] } }] } } }, 'spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].preference.matchExpressions[0].values[0]: - is invalid, a valid label must be an empty string or consist of alphanumeric characters, \'-\', \'_\' or \'.\', and must start and end with an alphanumeric character (e.g. \'MyValue\',  or \'my_value\',  or \'12345\', regex used for validation is \'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?\')'],
    [{ imagePullSecrets: [{ name: '' }] }, 'spec.imagePullSecrets[0].name: invalid empty name ""'],
    [{ volumes: [{ name: 'v', gitRepo: { repository: 'r' } }] }, 'spec.volumes[0].gitRepo: deprecated in v1.11, and disabled by default in v1.33+'],
  ])('%j', (spec, warning) => expect(warnedPod(spec)).toEqual([warning]));

  test('metadata', () => {
    expect(warnedPod({}, { name: 'a.b' })[0]).toMatch(/^metadata\.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: \[must not contain dots\]$/);
    expect(warnedPod({}, { annotations: { 'scheduler.alpha.kubernetes.io/critical-pod': '' } })).toEqual(['metadata.annotations[scheduler.alpha.kubernetes.io/critical-pod]: non-functional in v1.16+; use the "priorityClassName" field instead']);
  });

  test('a variable made of itself hides nothing', () => {
    const env = [{ name: 'A', value: '1' }, { name: 'A', value: '$(A)2' }];
    expect(warnedPod({ containers: [{ ...container, env }] })).toEqual([]);
  });

  test('annotations for profiles count unless the fields are there', () => {
    const annotations = { 'container.apparmor.security.beta.kubernetes.io/c': 'runtime/default', 'container.seccomp.security.alpha.kubernetes.io/c': 'unconfined', 'seccomp.security.alpha.kubernetes.io/pod': 'unconfined' };
    expect(warnedPod({}, { annotations })).toEqual([
      'metadata.annotations[seccomp.security.alpha.kubernetes.io/pod]: non-functional in v1.27+; use the "seccompProfile" field instead',
      'metadata.annotations[container.seccomp.security.alpha.kubernetes.io/c]: non-functional in v1.27+; use the "seccompProfile" field instead',
      'metadata.annotations[container.apparmor.security.beta.kubernetes.io/c]: deprecated since v1.30; use the "appArmorProfile" field instead',
    ]);
    const securityContext = { seccompProfile: { type: 'Unconfined' }, appArmorProfile: { type: 'RuntimeDefault' } };
    expect(warnedPod({ securityContext, containers: [{ ...container, securityContext }] }, { annotations })).toEqual([]);
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
  ['v1 Service', { spec: { clusterIP: 'None', externalIPs: ['1.2.3.4'], ports: [{ port: 1 }] } }, ['spec.externalIPs is ignored for headless services']],
  ['v1 Service', { metadata: { annotations: { 'service.kubernetes.io/topology-aware-hints': 'auto' } }, spec: { trafficDistribution: 'PreferClose', ports: [{ port: 1 }] } }, ['annotation service.kubernetes.io/topology-aware-hints is deprecated, please use service.kubernetes.io/topology-mode instead', 'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"']],
  ['v1 ServiceAccount', { metadata: { annotations: { 'kubernetes.io/enforce-mountable-secrets': 'true' } } }, ['metadata.annotations[kubernetes.io/enforce-mountable-secrets]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets']],
  ['v1 Node', { spec: { externalID: 'x' } }, ['spec.externalID: this field is deprecated, and is unused by Kubernetes']],
  ['v1 PersistentVolumeClaim', { spec: { resources: { requests: { storage: '100m' } } } }, ['spec.resources.requests[storage]: fractional byte value "100m" is invalid, must be an integer']],
  ['v1 PersistentVolume', { spec: { glusterfs: { endpoints: 'e', path: '/' }, nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'beta.kubernetes.io/os', operator: 'Exists' }] }] } } } }, ['spec.nodeAffinity.required.nodeSelectorTerms[0].matchExpressions[0].key: beta.kubernetes.io/os is deprecated since v1.14; use "kubernetes.io/os" instead', 'spec.glusterfs: deprecated in v1.25, non-functional in v1.26+']],
  ['batch/v1 Job', { spec: { completionMode: 'Indexed', completions: 100_001, parallelism: 10_001, template: { spec: { containers: [container] } } } }, ['spec: In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail']],
  ['node.k8s.io/v1 RuntimeClass', { handler: 'h', scheduling: { nodeSelector: { 'beta.kubernetes.io/os': 'linux' } } }, ['scheduling.nodeSelector: deprecated since v1.14; use "kubernetes.io/os" instead']],
  ['storage.k8s.io/v1 StorageClass', { provisioner: 'p', allowedTopologies: [{ matchLabelExpressions: [{ key: 'beta.kubernetes.io/os', values: ['linux'] }] }] }, ['allowedTopologies[0].matchLabelExpressions[0].key: deprecated since v1.14; use "kubernetes.io/os" instead']],
  ['storage.k8s.io/v1 CSIStorageCapacity', { storageClassName: 's', nodeTopology: { matchExpressions: [{ key: 'beta.kubernetes.io/os', operator: 'Exists' }] } }, ['nodeTopology.matchExpressions[0].key: beta.kubernetes.io/os is deprecated since v1.14; use "kubernetes.io/os" instead']],
  ['networking.k8s.io/v1 Ingress', { metadata: { annotations: { 'kubernetes.io/ingress.class': 'x' } }, spec: {} }, [`annotation "kubernetes.io/ingress.class" is deprecated, please use 'spec.ingressClassName' instead`]],
  ['v1 PersistentVolume', { spec: { persistentVolumeReclaimPolicy: 'Recycle', accessModes: [], capacity: {} } }, ['spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.']],
])('%s', (name, value, warnings) => expect(warned(name, value)).toEqual(warnings));
