import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../resource.ts';
import { decodeValue } from '../decode/index.ts';
import { normalise } from '../schema/index.ts';
import { annotationsBytesMax } from '../validation/object-meta.ts';
import { kindRegistry } from './registry.ts';

/** A new object as the pipeline would have it before validation. */
function made<T extends KubeObject>(group: string, version: string, kind: string, value: object): T {
  const definition = kindOf(group, version, kind);
  const full: unknown = JSON.parse(JSON.stringify({ apiVersion: group === '' ? version : `${group}/${version}`, kind, ...value }));
  const object = normalise(definition, decodeValue(full, { expected: definition, fieldValidation: 'Strict' }).object as unknown as KubeObject);
  object.metadata.uid ??= 'uid';
  definition.prepareForCreate?.(object);
  return object as T;
}

function kindOf(group: string, version: string, kind: string): NonNullable<ReturnType<typeof kindRegistry.byKind>> {
  const definition = kindRegistry.byKind(group, version, kind);
  if (definition === undefined) throw new Error(`no ${kind}`);
  return definition;
}

/** What is wrong, as `field: message` lines. */
function wrong(group: string, version: string, kind: string, value: object): string[] {
  return (kindOf(group, version, kind).validate?.(made(group, version, kind, value)) ?? []).map((e) => `${e.field}: ${e.message}`);
}

function wrongUpdate(group: string, version: string, kind: string, old: object, change: (object: never) => void): string[] {
  const definition = kindOf(group, version, kind);
  const stored = made(group, version, kind, old);
  stored.metadata.resourceVersion = '1';
  const next = structuredClone(stored);
  change(next as never);
  definition.prepareForUpdate?.(next, stored);
  return [...(definition.validate?.(next, stored) ?? []), ...(definition.validateUpdate?.(next, stored) ?? [])].map((e) => `${e.field}: ${e.message}`);
}

const meta = { name: 'x', namespace: 'default' };
const container = { name: 'c', image: 'i' };
const pod = (spec: object): object => ({ metadata: meta, spec: { containers: [container], ...spec } });
const template = { metadata: { labels: { app: 'x' } }, spec: { containers: [container] } };
const selector = { matchLabels: { app: 'x' } };
const wrongPod = (spec: object): string[] => wrong('', 'v1', 'Pod', pod(spec));

describe('metadata', () => {
  const wrongMeta = (metadata: object): string[] => wrong('', 'v1', 'ConfigMap', { metadata: { ...meta, ...metadata } });
  test.each<[object, string]>([
    [{ name: 'A_b' }, 'metadata.name: Invalid value: "A_b": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, \'-\' or \'.\', and must start and end with an alphanumeric character (e.g. \'example.com\', regex used for validation is \'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\')'],
    [{ name: 'x'.repeat(254) }, 'metadata.name: Invalid value'],
    [{ generateName: '-' }, 'metadata.generateName: Invalid value: "-"'],
    [{ labels: { 'a b': 'c' } }, 'metadata.labels: Invalid value: "a b": name part must consist of'],
    [{ labels: { a: 'b c' } }, 'metadata.labels: Invalid value: "b c": a valid label must be an empty string or consist of'],
    [{ labels: { 'a/b/c': '' } }, 'metadata.labels: Invalid value: "a/b/c": a qualified name must consist of'],
    [{ annotations: { 'a b': '' } }, 'metadata.annotations: Invalid value: "a b"'],
    [{ annotations: { a: 'x'.repeat(annotationsBytesMax) } }, `metadata.annotations: Too long: may not be more than ${annotationsBytesMax} bytes`],
    [{ finalizers: ['mine'] }, 'metadata.finalizers: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified'],
    [{ finalizers: ['orphan', 'foregroundDeletion'] }, 'metadata.finalizers: Invalid value: ["orphan","foregroundDeletion"]: finalizers orphan and foregroundDeletion cannot be both set'],
    [{ ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: '', uid: 'u' }] }, 'metadata.ownerReferences[0].name: Invalid value: "": must not be empty'],
    [{ ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'a', uid: 'u', controller: true }, { apiVersion: 'v1', kind: 'Pod', name: 'b', uid: 'v', controller: true }] }, 'Only one reference can have Controller set to true. Found "true" in references for a and b'],
  ])('%j', (metadata, message) => expect(wrongMeta(metadata).join('\n')).toContain(message));

  test('generateName may end with a dash, annotations may have upper-case keys', () => {
    expect(wrongMeta({ generateName: 'a-', annotations: { 'Example.com/Key': 'v' } })).toEqual([]);
  });

  test('names follow the rule of their kind', () => {
    expect(wrong('', 'v1', 'Service', { metadata: { ...meta, name: '1a' }, spec: { ports: [{ port: 80 }] } }).join()).toContain('a DNS-1035 label must consist of');
    expect(wrong('', 'v1', 'Namespace', { metadata: { name: 'a.b' } }).join()).toContain('must not contain dots');
    expect(wrong('rbac.authorization.k8s.io', 'v1', 'ClusterRole', { metadata: { name: 'system:node' } })).toEqual([]);
    expect(wrong('rbac.authorization.k8s.io', 'v1', 'ClusterRole', { metadata: { name: 'a/b' } })).toEqual(['metadata.name: Invalid value: "a/b": may not contain \'/\'']);
  });

  test('keeps what identifies the object', () => {
    expect(wrongUpdate('', 'v1', 'ConfigMap', { metadata: meta }, (o: KubeObject) => { o.metadata.uid = 'other'; })).toEqual(['metadata.uid: Invalid value: "other": field is immutable']);
    const deleting = { metadata: { ...meta, finalizers: ['a/b'] } };
    const add = (o: KubeObject): void => { o.metadata.finalizers = ['a/b', 'a/c']; };
    expect(wrongUpdate('', 'v1', 'ConfigMap', deleting, add)).toEqual([]);
    const kind = kindOf('', 'v1', 'ConfigMap');
    const old = { ...made('', 'v1', 'ConfigMap', deleting) };
    old.metadata = { ...old.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' };
    const next = structuredClone(old);
    add(next);
    expect(kind.validate?.(next, old)[0]?.message).toBe('Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers ["a/c"]');
  });
});

describe('pods', () => {
  test('a plain pod is fine', () => expect(wrongPod({})).toEqual([]));

  test('a pod that uses much of the API is fine', () => {
    const token = { name: 'kube-api-access-abcde', projected: { sources: [
      { serviceAccountToken: { path: 'token', expirationSeconds: 3607 } },
      { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      { downwardAPI: { items: [{ path: 'namespace', fieldRef: { fieldPath: 'metadata.namespace' } }] } },
    ] } };
    const env = [
      { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
      { name: 'APP', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app.kubernetes.io/name']" } } },
      { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '1m' } } },
      { name: 'MEM', valueFrom: { resourceFieldRef: { resource: 'limits.memory' } } },
      { name: 'KEY', valueFrom: { secretKeyRef: { name: 's', key: 'tls.key', optional: true } } },
    ];
    const probe = { httpGet: { path: '/healthz', port: 'http', httpHeaders: [{ name: 'X-A', value: 'b' }] }, initialDelaySeconds: 5 };
    const rich = {
      ...container,
      env,
      envFrom: [{ prefix: 'P_', configMapRef: { name: 'c' } }],
      ports: [{ name: 'http', containerPort: 80 }, { name: 'dns', containerPort: 53, protocol: 'UDP' }],
      resources: { limits: { cpu: '1', memory: '1Gi', 'nvidia.com/gpu': '1' }, requests: { cpu: '100m' } },
      volumeMounts: [{ name: 'kube-api-access-abcde', mountPath: '/var/run/secrets/kubernetes.io/serviceaccount', readOnly: true }, { name: 'data', mountPath: '/data', subPath: 'a/b' }],
      livenessProbe: probe,
      readinessProbe: { grpc: { port: 9000 }, successThreshold: 2 },
      startupProbe: { exec: { command: ['true'] } },
      lifecycle: { preStop: { sleep: { seconds: 5 } }, postStart: { exec: { command: ['true'] } } },
      securityContext: { runAsUser: 0, allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] }, seccompProfile: { type: 'RuntimeDefault' } },
    };
    const spec = {
      serviceAccountName: 'default',
      initContainers: [{ name: 'side', image: 'i', restartPolicy: 'Always', readinessProbe: probe, ports: [{ name: 'http', containerPort: 81 }] }, { name: 'init', image: 'i' }],
      containers: [rich],
      volumes: [token, { name: 'data', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } }, { name: 'host', hostPath: { path: '/', type: 'Directory' } }, { name: 'claim', persistentVolumeClaim: { claimName: 'c' } }, { name: 'sec', secret: { secretName: 's', defaultMode: 256 } }],
      tolerations: [{ key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 }, { operator: 'Exists' }],
      affinity: {
        nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'Gt', values: ['1'] }], matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n'] }] }] } },
        podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm: { topologyKey: 'kubernetes.io/hostname', labelSelector: selector } }] },
      },
      topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector: selector, minDomains: 2 }],
      securityContext: { fsGroup: 1000, sysctls: [{ name: 'net.core.somaxconn', value: '1' }] },
      dnsPolicy: 'None',
      dnsConfig: { nameservers: ['10.96.0.10'], searches: ['svc.cluster.local'], options: [{ name: 'ndots', value: '5' }] },
      hostAliases: [{ ip: '127.0.0.1', hostnames: ['foo.local'] }],
      readinessGates: [{ conditionType: 'example.com/ready' }],
      priorityClassName: 'system-node-critical',
    };
    expect(wrongPod(spec)).toEqual([]);
  });

  test.each<[object, string]>([
    [{ containers: [] }, 'spec.containers: Required value'],
    [{ containers: [{ name: '', image: 'i' }] }, 'spec.containers[0].name: Required value'],
    [{ containers: [{ name: 'A', image: 'i' }] }, 'spec.containers[0].name: Invalid value: "A": a lowercase RFC 1123 label'],
    [{ containers: [container, container] }, 'spec.containers[1].name: Duplicate value: "c"'],
    [{ initContainers: [container] }, 'spec.initContainers[0].name: Duplicate value: "c"'],
    [{ containers: [{ name: 'c' }] }, 'spec.containers[0].image: Required value'],
    [{ containers: [{ ...container, imagePullPolicy: 'Sometimes' }] }, 'spec.containers[0].imagePullPolicy: Unsupported value: "Sometimes": supported values: "Always", "IfNotPresent", "Never"'],
    [{ restartPolicy: 'Maybe' }, 'spec.restartPolicy: Unsupported value: "Maybe": supported values: "Always", "OnFailure", "Never"'],
    [{ containers: [{ ...container, ports: [{ containerPort: 0 }] }] }, 'spec.containers[0].ports[0].containerPort: Required value'],
    [{ containers: [{ ...container, ports: [{ containerPort: 70000 }] }] }, 'spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive'],
    [{ containers: [{ ...container, ports: [{ containerPort: 80, hostPort: 8080 }, { containerPort: 81, hostPort: 8080 }] }] }, 'spec.containers[0].ports[1].hostPort: Duplicate value: "TCP//8080"'],
    [{ hostNetwork: true, containers: [{ ...container, ports: [{ containerPort: 80, hostPort: 81 }] }] }, 'spec.containers[0].ports[0].hostPort: Invalid value: 81: must match `containerPort` when `hostNetwork` is true'],
    [{ containers: [{ ...container, env: [{ name: 'a=b' }] }] }, 'spec.containers[0].env[0].name: Invalid value: "a=b"'],
    [{ containers: [{ ...container, env: [{ name: 'A', value: 'b', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }] }] }, 'spec.containers[0].env[0].valueFrom: Invalid value: "": may not be specified when `value` is not empty'],
    [{ containers: [{ ...container, env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'spec.containers' } } }] }] }, 'spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: Invalid value: "spec.containers": error converting fieldPath: field label not supported: spec.containers'],
    [{ containers: [{ ...container, volumeMounts: [{ name: 'v', mountPath: '/v' }] }] }, 'spec.containers[0].volumeMounts[0].name: Not found: "v"'],
    [{ volumes: [{ name: 'v', emptyDir: {} }], containers: [{ ...container, volumeMounts: [{ name: 'v', mountPath: '/v' }, { name: 'v', mountPath: '/v' }] }] }, 'spec.containers[0].volumeMounts[1].mountPath: Invalid value: "/v": must be unique'],
    [{ volumes: [{ name: 'v', emptyDir: {}, hostPath: { path: '/x' } }] }, 'may not specify more than 1 volume type'],
    [{ volumes: [{ name: 'v' }, { name: 'v' }] }, 'spec.volumes[1].name: Duplicate value: "v"'],
    [{ volumes: [{ name: 'v', hostPath: { path: '/a/../b' } }] }, "spec.volumes[0].hostPath.path: Invalid value: \"/a/../b\": must not contain '..'"],
    [{ volumes: [{ name: 'v', configMap: { name: 'c', defaultMode: 1000 } }] }, 'spec.volumes[0].configMap.defaultMode: Invalid value: 1000: must be a number between 0 and 0777 (octal), both inclusive'],
    [{ containers: [{ ...container, resources: { limits: { cpu: '1' }, requests: { cpu: '2' } } }] }, 'spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1'],
    [{ containers: [{ ...container, resources: { limits: { cpu: '-1' } } }] }, 'spec.containers[0].resources.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0'],
    [{ containers: [{ ...container, resources: { limits: { gpus: '1' } } }] }, 'spec.containers[0].resources.limits[gpus]: Invalid value: "gpus": must be a standard resource for containers'],
    [{ containers: [{ ...container, resources: { requests: { 'x.y/gpu': '1' } } }] }, 'spec.containers[0].resources.limits: Required value: Limit must be set for non overcommitable resources'],
    [{ containers: [{ ...container, livenessProbe: {} }] }, 'spec.containers[0].livenessProbe: Required value: must specify a handler type'],
    [{ containers: [{ ...container, livenessProbe: { exec: { command: ['a'] }, successThreshold: 2 } }] }, 'spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1'],
    [{ containers: [{ ...container, readinessProbe: { tcpSocket: { port: 'no--name' } } }] }, 'spec.containers[0].readinessProbe.tcpSocket.port: Invalid value: "no--name": must not contain consecutive hyphens'],
    [{ initContainers: [{ name: 'i', image: 'i', readinessProbe: { exec: { command: ['a'] } } }] }, 'spec.initContainers[0].readinessProbe: Forbidden: may not be set for init containers without restartPolicy=Always'],
    [{ tolerations: [{ operator: 'Equal' }] }, 'spec.tolerations[0].operator: Invalid value: "Equal": operator must be Exists when `key` is empty, which means "match all values and all keys"'],
    [{ tolerations: [{ key: 'a', effect: 'Never' }] }, 'spec.tolerations[0].effect: Unsupported value: "Never": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"'],
    [{ affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } } } }, 'nodeSelectorTerms: Required value: must have at least one node selector term'],
    [{ dnsPolicy: 'None' }, 'spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None'],
    [{ securityContext: { runAsUser: -1 } }, 'spec.securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive'],
    [{ activeDeadlineSeconds: 0 }, 'spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive'],
    [{ schedulingGates: [{ name: 'a.b/c' }], nodeName: 'n' }, 'spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared'],
    [{ ephemeralContainers: [{ name: 'e', image: 'i' }] }, 'spec.ephemeralContainers: Forbidden'],
  ])('%j', (spec, message) => expect(wrongPod(spec).join('\n')).toContain(message));

  const update = (change: (p: { spec: Record<string, unknown> & { containers: Record<string, unknown>[] } }) => void, spec: object = {}): string[] => wrongUpdate('', 'v1', 'Pod', pod(spec), change);

  test('may change images, lower the deadline, gain tolerations, lose gates', () => {
    expect(update((p) => { p.spec.containers[0] = { ...p.spec.containers[0], image: 'j' }; })).toEqual([]);
    expect(update((p) => { p.spec['activeDeadlineSeconds'] = 5; }, { activeDeadlineSeconds: 10 })).toEqual([]);
    expect(update((p) => { p.spec['tolerations'] = [{ key: 'a', operator: 'Exists' }]; })).toEqual([]);
    expect(update((p) => { delete p.spec['schedulingGates']; p.spec['nodeSelector'] = { a: 'b' }; }, { schedulingGates: [{ name: 'a.b/c' }] })).toEqual([]);
  });

  test('may change nothing else', () => {
    expect(update((p) => { p.spec.containers[0] = { ...p.spec.containers[0], command: ['x'] }; })[0]).toMatch(
      /^spec: Forbidden: pod updates may not change fields other than `spec\.containers\[\*\]\.image`,.*\nspec\.containers\[0\]\.command: \["x"\] was nothing$/s,
    );
    expect(update((p) => { p.spec.containers.push({ name: 'd', image: 'i', imagePullPolicy: 'Always', terminationMessagePolicy: 'File' }); })).toContain('spec.containers: Forbidden: pod updates may not add or remove containers');
    expect(update((p) => { p.spec['activeDeadlineSeconds'] = 20; }, { activeDeadlineSeconds: 10 })).toContain('spec.activeDeadlineSeconds: Invalid value: 20: must be less than or equal to previous value');
    expect(update((p) => { p.spec['tolerations'] = []; }, { tolerations: [{ key: 'a', operator: 'Exists' }] })).toContain('spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds');
    expect(update((p) => { p.spec['nodeName'] = 'n'; })[0]).toContain('spec.nodeName: "n" was nothing');
  });
});

describe('workloads', () => {
  const deployment = (spec: object): object => ({ metadata: meta, spec: { selector, template, ...spec } });
  test.each<[object, string]>([
    [{ selector: undefined }, 'spec.selector: Required value'],
    [{ selector: {} }, 'spec.selector: Invalid value: {}: empty selector is invalid for deployment'],
    [{ selector: { matchLabels: { app: 'y' } } }, 'spec.template.metadata.labels: Invalid value: {"app":"x"}: `selector` does not match template `labels`'],
    [{ replicas: -1 }, 'spec.replicas: Invalid value: -1: must be greater than or equal to 0'],
    [{ template: { ...template, spec: { ...template.spec, restartPolicy: 'Never' } } }, 'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"'],
    [{ strategy: { type: 'Recreate', rollingUpdate: {} } }, "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'"],
    [{ strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } }, 'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0'],
    [{ strategy: { rollingUpdate: { maxUnavailable: '101%' } } }, 'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "101%": must not be greater than 100%'],
    [{ progressDeadlineSeconds: 5, minReadySeconds: 5 }, 'spec.progressDeadlineSeconds: Invalid value: 5: must be greater than minReadySeconds'],
  ])('deployment %j', (spec, message) => expect(wrong('apps', 'v1', 'Deployment', deployment(spec)).join('\n')).toContain(message));

  test('the selector of a deployment stays', () => {
    const change = (d: { spec: { selector: unknown; template: { metadata: { labels: unknown } } } }): void => {
      d.spec.selector = { matchLabels: { app: 'y' } };
      d.spec.template.metadata.labels = { app: 'y' };
    };
    expect(wrongUpdate('apps', 'v1', 'Deployment', deployment({}), change)).toEqual(['spec.selector: Invalid value: {"matchLabels":{"app":"y"}}: field is immutable']);
  });

  test('stateful sets, daemon sets, jobs, cron jobs', () => {
    expect(wrongUpdate('apps', 'v1', 'StatefulSet', deployment({ serviceName: 's' }), (s: { spec: { serviceName: string } }) => { s.spec.serviceName = 't'; })[0]).toContain(
      "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template'",
    );
    expect(wrong('apps', 'v1', 'DaemonSet', deployment({ updateStrategy: { rollingUpdate: { maxUnavailable: 1, maxSurge: 1 } } }))).toEqual([
      'spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero',
    ]);
    expect(wrong('batch', 'v1', 'Job', { metadata: meta, spec: { template } })).toContain('spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"');
    const once = { ...template, spec: { ...template.spec, restartPolicy: 'Never' } };
    expect(wrong('batch', 'v1', 'Job', { metadata: meta, spec: { template: once } })).toEqual([]);
    expect(wrongUpdate('batch', 'v1', 'Job', { metadata: meta, spec: { template: once } }, (j: { spec: { completions: number } }) => { j.spec.completions = 3; })).toEqual(['spec.completions: Invalid value: 3: field is immutable']);
    const cron = (schedule: string): string[] => wrong('batch', 'v1', 'CronJob', { metadata: meta, spec: { schedule, jobTemplate: { spec: { template: once } } } });
    for (const good of ['*/5 * * * *', '0 0 1 jan sun', '@hourly', '@every 1h30m', '1-5,10 2 * * 1-5']) expect(cron(good)).toEqual([]);
    for (const bad of ['* * * *', '60 * * * *', '5-1 * * * *', '*/0 * * * *', 'TZ=UTC * * * * *', '@often']) expect(cron(bad)[0]).toContain('spec.schedule: Invalid value');
  });
});

describe('services', () => {
  const service = (spec: object): object => ({ metadata: meta, spec: { ports: [{ port: 80 }], ...spec } });
  test.each<[object, string]>([
    [{ ports: [] }, 'spec.ports: Required value'],
    [{ ports: [{ port: 80 }, { port: 81 }] }, 'spec.ports[0].name: Required value'],
    [{ ports: [{ name: 'a', port: 80 }, { name: 'a', port: 81 }] }, 'spec.ports[1].name: Duplicate value: "a"'],
    [{ ports: [{ name: 'a', port: 80 }, { name: 'b', port: 80 }] }, 'spec.ports[1]: Duplicate value: {"Name":"","Protocol":"TCP","AppProtocol":null,"Port":80,"TargetPort":0,"NodePort":0}'],
    [{ ports: [{ port: 0 }] }, 'spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive'],
    [{ ports: [{ port: 80, nodePort: 30000 }] }, "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"],
    [{ type: 'Magic' }, 'spec.type: Unsupported value: "Magic": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"'],
    [{ type: 'NodePort', clusterIP: 'None' }, "may not be set to 'None' for NodePort services"],
    [{ type: 'ExternalName' }, 'spec.externalName: Required value'],
    [{ clusterIP: '10.0.0.300' }, 'spec.clusterIPs[0]: Invalid value: "10.0.0.300": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'],
    [{ externalIPs: ['127.0.0.1'] }, 'spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)'],
    [{ sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 0 } } }, 'must be greater than 0 and less than 86400'],
    [{ externalTrafficPolicy: 'Local' }, 'spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services'],
  ])('%j', (spec, message) => expect(wrong('', 'v1', 'Service', service(spec)).join('\n')).toContain(message));

  test('the cluster IP stays', () => {
    expect(wrongUpdate('', 'v1', 'Service', service({ clusterIP: '10.0.0.1' }), (s: { spec: { clusterIP: string } }) => { s.spec.clusterIP = '10.0.0.2'; })).toEqual([
      'spec.clusterIPs[0]: Invalid value: ["10.0.0.2"]: may not change once set',
    ]);
  });
});

describe('data', () => {
  test('config maps', () => {
    expect(wrong('', 'v1', 'ConfigMap', { metadata: meta, data: { 'a/b': '' } })[0]).toContain("data[a/b]: Invalid value: \"a/b\": a valid config key must consist of alphanumeric characters, '-', '_' or '.'");
    expect(wrong('', 'v1', 'ConfigMap', { metadata: meta, data: { a: '' }, binaryData: { a: '' } })).toEqual(['data[a]: Invalid value: "a": duplicate of key present in binaryData']);
    expect(wrong('', 'v1', 'ConfigMap', { metadata: meta, data: { a: 'x'.repeat(1024 * 1024 + 1) } })[0]).toContain('Too long: may not be more than 1048576 bytes');
    expect(wrong('', 'v1', 'ConfigMap', { metadata: meta, data: JSON.parse('{"__proto__":"x","constructor":"y","10":"z"}') as object })).toEqual([]);
    expect(wrongUpdate('', 'v1', 'ConfigMap', { metadata: meta, immutable: true, data: { a: 'b' } }, (c: { data: object }) => { c.data = { a: 'c' }; })).toEqual(['data: Forbidden: field is immutable when `immutable` is set']);
  });

  test('secrets', () => {
    expect(wrong('', 'v1', 'Secret', { metadata: meta, type: 'kubernetes.io/tls' })).toEqual(['data[tls.crt]: Required value', 'data[tls.key]: Required value']);
    expect(wrong('', 'v1', 'Secret', { metadata: meta, type: 'kubernetes.io/dockerconfigjson', stringData: { '.dockerconfigjson': 'password' } })).toEqual(['data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": invalid character \'p\' looking for beginning of value']);
    expect(wrongUpdate('', 'v1', 'Secret', { metadata: meta }, (s: { type: string }) => { s.type = 'other'; })).toEqual(['type: Invalid value: "other": field is immutable']);
  });
});

describe('others', () => {
  test.each<[string, string, object, string]>([
    ['', 'Node', { metadata: { name: 'n' }, spec: { taints: [{ key: 'a', effect: 'NoSchedule' }, { key: 'a', effect: 'NoSchedule' }] } }, 'taints must be unique by key and effect pair'],
    ['', 'Endpoints', { metadata: meta, subsets: [{ addresses: [{ ip: '127.0.0.1' }], ports: [{ port: 80 }] }] }, 'subsets[0].addresses[0].ip: Invalid value: "127.0.0.1": may not be in the loopback range'],
    ['', 'PersistentVolumeClaim', { metadata: meta, spec: { accessModes: ['ReadWriteOnce'] } }, 'spec.resources[storage]: Required value'],
    ['discovery.k8s.io', 'EndpointSlice', { metadata: meta, addressType: 'IPv4', endpoints: [{ addresses: ['::1'] }] }, 'endpoints[0].addresses[0]: Invalid value: "::1": must be an IPv4 address'],
    ['rbac.authorization.k8s.io', 'Role', { metadata: meta, rules: [{ verbs: [] }] }, 'rules[0].verbs: Required value: verbs must contain at least one value'],
    ['rbac.authorization.k8s.io', 'ClusterRoleBinding', { metadata: { name: 'b' }, roleRef: { kind: 'Role', name: 'r' } }, 'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"'],
    ['coordination.k8s.io', 'Lease', { metadata: meta, spec: { leaseDurationSeconds: 0 } }, 'spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0'],
    ['networking.k8s.io', 'Ingress', { metadata: meta, spec: {} }, 'either `defaultBackend` or `rules` must be specified'],
  ])('%s %s', (group, kind, value, message) => expect(wrong(group, 'v1', kind, value).join('\n')).toContain(message));

  test('a binding keeps its role', () => {
    const binding = { metadata: meta, roleRef: { kind: 'Role', name: 'r' }, subjects: [{ kind: 'User', name: 'u' }] };
    expect(wrongUpdate('rbac.authorization.k8s.io', 'v1', 'RoleBinding', binding, (b: { roleRef: { name: string } }) => { b.roleRef.name = 's'; })[0]).toContain('cannot change roleRef');
  });
});
