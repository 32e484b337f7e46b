import { describe, expect, test } from 'vitest';
import type { DaemonSet, Deployment } from '../gen/types/apps-v1.ts';
import type { HorizontalPodAutoscaler as AutoscalerV1 } from '../gen/types/autoscaling-v1.ts';
import type { HorizontalPodAutoscaler } from '../gen/types/autoscaling-v2.ts';
import type { Job } from '../gen/types/batch-v1.ts';
import type { Event as CoreEvent, Namespace, Node, Pod, Secret, Service } from '../gen/types/core-v1.ts';
import type { CustomResourceDefinition } from '../gen/types/apiextensions-v1.ts';
import { decodeValue } from '../decode/index.ts';
import { applyPatch } from '../patch/index.ts';
import type { KubeObject } from '../resource.ts';
import { normalise } from '../schema/index.ts';
import type { KindDefinition } from './kind.ts';
import { fromStored, kindRegistry, toStored } from './registry.ts';

function kindOf(group: string, version: string, kind: string): KindDefinition {
  const definition = kindRegistry.byKind(group, version, kind);
  if (definition === undefined) throw new Error(`no ${kind}`);
  return definition;
}

function decoded<T extends KubeObject>(kind: KindDefinition, value: object): T {
  const full: unknown = JSON.parse(JSON.stringify({ apiVersion: kind.group === '' ? kind.version : `${kind.group}/${kind.version}`, kind: kind.kind, ...value }));
  return normalise(kind, decodeValue(full, { expected: kind, fieldValidation: 'Strict' }).object as unknown as T);
}

function created<T extends KubeObject>(kind: KindDefinition, value: object): T {
  const object = decoded<T>(kind, value);
  kind.prepareForCreate?.(object);
  return normalise(kind, object);
}

function updated<T extends KubeObject>(kind: KindDefinition, old: T, change: (object: T) => void): T {
  const next = structuredClone(old);
  change(next);
  normalise(kind, next);
  kind.prepareForUpdate?.(next, old);
  return next;
}

const meta = { name: 'x', namespace: 'default' };
const container = { name: 'c', image: 'nginx' };

describe('pods', () => {
  const pods = kindOf('', 'v1', 'Pod');
  const pod = (spec: object): Pod => created<Pod>(pods, { metadata: meta, spec: { containers: [container], ...spec }, status: { phase: 'Running' } });

  test('begin pending, with defaults', () => {
    const made = pod({});
    expect(made.status).toMatchObject({ phase: 'Pending', qosClass: 'BestEffort' });
    expect(made.metadata.generation).toBe(1);
    expect(made.spec).toMatchObject({ restartPolicy: 'Always', dnsPolicy: 'ClusterFirst', schedulerName: 'default-scheduler', terminationGracePeriodSeconds: 30, enableServiceLinks: true, securityContext: {} });
    expect(made.spec.containers[0]).toMatchObject({ imagePullPolicy: 'Always', terminationMessagePath: '/dev/termination-log', terminationMessagePolicy: 'File' });
  });

  test.each([
    ['nginx', 'Always'],
    ['nginx:latest', 'Always'],
    ['nginx:1', 'IfNotPresent'],
    ['host:5000/nginx', 'Always'],
    ['host:5000/nginx:1', 'IfNotPresent'],
    ['nginx@sha256:0', 'IfNotPresent'],
  ])('pull %s %s', (image, policy) => expect(pod({ containers: [{ name: 'c', image }] }).spec.containers[0]?.imagePullPolicy).toBe(policy));

  test.each<[object[], string]>([
    [[{}], 'BestEffort'],
    [[{ requests: { cpu: '1' } }], 'Burstable'],
    [[{ limits: { cpu: '1', memory: '1Gi' } }], 'Guaranteed'],
    [[{ limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '500m' } }], 'Burstable'],
    [[{ limits: { cpu: '1', memory: '1Gi' } }, {}], 'Burstable'],
    [[{ limits: { 'ephemeral-storage': '1Gi' } }], 'BestEffort'],
  ])('class of service of %j is %s', (resources, qos) => {
    expect(pod({ containers: resources.map((r, i) => ({ name: `c${i}`, image: 'i', resources: r })) }).status.qosClass).toBe(qos);
  });

  test('request what they limit, in whole milli', () => {
    const made = pod({ containers: [{ ...container, resources: { limits: { cpu: '1500u', memory: '1Gi' }, requests: { memory: '512Mi' } } }] });
    expect(made.spec.containers[0]?.resources).toEqual({ limits: { cpu: '2m', memory: '1Gi' }, requests: { cpu: '2m', memory: '512Mi' } });
  });

  test('are held back by gates, which the status says', () => {
    expect(pod({ schedulingGates: [{ name: 'a.b/c' }] }).status.conditions?.[0]).toMatchObject({ type: 'PodScheduled', reason: 'SchedulingGated' });
  });

  test('take the host ports of the host network', () => {
    expect(pod({ hostNetwork: true, containers: [{ ...container, ports: [{ containerPort: 80 }] }] }).spec.containers[0]?.ports?.[0]).toEqual({ containerPort: 80, hostPort: 80, protocol: 'TCP' });
  });

  test('keep their status in a write to the spec, and their spec in a write to the status', () => {
    const old = pod({});
    const next = updated(pods, old, (p) => { p.status.phase = 'Failed'; p.spec.activeDeadlineSeconds = 5; });
    expect([next.status.phase, next.metadata.generation]).toEqual(['Pending', 2]);
    const status = structuredClone(old);
    status.spec.nodeName = 'n';
    status.status = { phase: 'Running', podIP: '10.0.0.1' };
    normalise(pods, status);
    pods.prepareForStatusUpdate?.(status, old);
    expect(status.spec).toEqual(old.spec);
    expect(status.status).toMatchObject({ phase: 'Running', podIPs: [{ ip: '10.0.0.1' }], qosClass: 'BestEffort' });
    expect(status.metadata.generation).toBe(1);
  });

  test('are selected by their fields', () => {
    expect(pods.selectableFields?.(pod({ nodeName: 'n' }))).toMatchObject({ 'spec.nodeName': 'n', 'status.phase': 'Pending', 'spec.hostNetwork': 'false', 'status.podIP': '' });
    expect(pods.defaultGracePeriod?.(pod({ terminationGracePeriodSeconds: 7 }))).toBe(7);
  });
});

describe('services', () => {
  const services = kindOf('', 'v1', 'Service');
  const service = (spec: object): Service => created<Service>(services, { metadata: meta, spec: { ports: [{ port: 80 }], ...spec } });

  test('have defaults for a cluster of IPv4', () => {
    expect(service({ selector: { a: 'b' } }).spec).toEqual({
      ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
      selector: { a: 'b' },
      type: 'ClusterIP',
      sessionAffinity: 'None',
      internalTrafficPolicy: 'Cluster',
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
    });
    expect(service({ type: 'LoadBalancer' }).spec).toMatchObject({ externalTrafficPolicy: 'Cluster', allocateLoadBalancerNodePorts: true });
    expect(service({ clusterIP: 'None', selector: { a: 'b' } }).spec).toMatchObject({ clusterIPs: ['None'], ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' });
    expect(service({ clusterIP: 'None' }).spec).toMatchObject({ ipFamilies: ['IPv4', 'IPv6'], ipFamilyPolicy: 'RequireDualStack' });
    expect(service({ type: 'ExternalName', externalName: 'a.b', ports: [] }).spec).toEqual({ type: 'ExternalName', externalName: 'a.b', sessionAffinity: 'None' });
    expect(service({ sessionAffinity: 'ClientIP' }).spec.sessionAffinityConfig).toEqual({ clientIP: { timeoutSeconds: 10800 } });
  });

  test('keep what was allocated when an update leaves it out', () => {
    const old = service({ type: 'NodePort', clusterIP: '10.0.0.1', ports: [{ port: 80, nodePort: 30001 }] });
    const next = updated(services, old, (s) => {
      s.spec = { type: 'NodePort', ports: [{ port: 80 }, { port: 81, name: 'b' }] };
    });
    expect(next.spec).toMatchObject({ clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.1'], ipFamilies: ['IPv4'], ports: [{ port: 80, nodePort: 30001 }, { port: 81 }] });
  });

  test('let go of what the new type has no use for', () => {
    const old = service({ type: 'NodePort', clusterIP: '10.0.0.1', ports: [{ port: 80, nodePort: 30001 }] });
    const inside = updated(services, old, (s) => { s.spec.type = 'ClusterIP'; });
    expect(inside.spec.ports).toEqual([{ port: 80, protocol: 'TCP', targetPort: 80 }]);
    expect(inside.spec.externalTrafficPolicy).toBeUndefined();
    const outside = updated(services, old, (s) => { s.spec.type = 'ExternalName'; s.spec.externalName = 'a.b'; });
    expect(outside.spec).toMatchObject({ type: 'ExternalName' });
    expect(outside.spec.clusterIP ?? outside.spec.clusterIPs ?? outside.spec.ipFamilies).toBeUndefined();
  });
});

test('namespaces have a finalizer of their own and the name as a label', () => {
  const namespaces = kindOf('', 'v1', 'Namespace');
  const made = created<Namespace>(namespaces, { metadata: { name: 'a' }, status: { phase: 'Terminating' } });
  expect(made).toMatchObject({ metadata: { labels: { 'kubernetes.io/metadata.name': 'a' } }, spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } });
  const next = updated(namespaces, made, (n) => { n.spec = {}; n.metadata.labels = {}; });
  expect(next).toMatchObject({ metadata: { labels: { 'kubernetes.io/metadata.name': 'a' } }, spec: { finalizers: ['kubernetes'] } });
});

test('nodes bring their status along, and keep addresses of pods in step', () => {
  const nodes = kindOf('', 'v1', 'Node');
  const made = created<Node>(nodes, { metadata: { name: 'n' }, spec: { podCIDR: '10.1.0.0/24' }, status: { capacity: { cpu: '2' } } });
  expect(made).toMatchObject({ spec: { podCIDRs: ['10.1.0.0/24'] }, status: { capacity: { cpu: '2' }, allocatable: { cpu: '2' } } });
});

test('secrets take stringData over data, whatever the keys are called', () => {
  const value = JSON.parse('{"metadata":{"name":"s","namespace":"d"},"data":{"a":"eA=="},"stringData":{"a":"ä","__proto__":"p"}}') as object;
  const made = decoded<Secret>(kindOf('', 'v1', 'Secret'), value);
  expect(Object.entries(made.data ?? {})).toEqual([['a', 'w6Q='], ['__proto__', 'cA==']]);
  expect(made.stringData).toBeUndefined();
  expect(made.type).toBe('Opaque');
});

describe('workloads', () => {
  const template = { metadata: { labels: { app: 'x' } }, spec: { containers: [container] } };
  const deployments = kindOf('apps', 'v1', 'Deployment');
  const deployment = created<Deployment>(deployments, { metadata: meta, spec: { selector: { matchLabels: { app: 'x' } }, template }, status: { replicas: 9 } });

  test('deployments', () => {
    expect(deployment.spec).toMatchObject({ replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600, strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } } });
    expect(deployment.status).toEqual({});
    expect(updated(deployments, deployment, (d) => { d.metadata.labels = { a: 'b' }; d.metadata.generation = 99; }).metadata.generation).toBe(1);
    expect(updated(deployments, deployment, (d) => { d.spec.replicas = 2; }).metadata.generation).toBe(2);
  });

  test('patches of kubectl apply merge by the keys of the schema', () => {
    const next = applyPatch('strategic', deployments.schema, deployment, {
      spec: {
        strategy: { $retainKeys: ['type'], type: 'Recreate' },
        template: {
          spec: {
            '$setElementOrder/containers': [{ name: 'c' }, { name: 'd' }],
            containers: [{ name: 'd', image: 'j', ports: [{ containerPort: 1 }] }, { name: 'c', image: 'k', env: [{ name: 'E', value: '1' }] }].reverse(),
            volumes: [{ name: 'v', emptyDir: {} }],
          },
        },
      },
    }) as unknown as Deployment;
    expect(next.spec.strategy).toEqual({ type: 'Recreate' });
    expect(next.spec.template.spec.containers.map((c) => [c.name, c.image, c.imagePullPolicy])).toEqual([['c', 'k', 'Always'], ['d', 'j', undefined]]);
  });

  test('daemon sets count changes of their template', () => {
    const sets = kindOf('apps', 'v1', 'DaemonSet');
    const made = created<DaemonSet>(sets, { metadata: meta, spec: { selector: { matchLabels: { app: 'x' } }, template } });
    const annotation = 'deprecated.daemonset.template.generation';
    expect(made.metadata.annotations?.[annotation]).toBe('1');
    expect(updated(sets, made, (d) => { d.spec.minReadySeconds = 3; }).metadata.annotations?.[annotation]).toBe('1');
    expect(updated(sets, made, (d) => { d.spec.template.spec.hostNetwork = true; }).metadata.annotations?.[annotation]).toBe('2');
  });

  test('jobs select their pods by uid', () => {
    const jobs = kindOf('batch', 'v1', 'Job');
    const spec = { template: { ...template, spec: { ...template.spec, restartPolicy: 'Never' } } };
    const made = created<Job>(jobs, { metadata: { ...meta, uid: 'u' }, spec });
    expect(made.spec.selector).toEqual({ matchLabels: { 'batch.kubernetes.io/controller-uid': 'u' } });
    expect(made.spec.template.metadata.labels).toMatchObject({ app: 'x', 'controller-uid': 'u', 'job-name': 'x' });
    expect(made.spec).toMatchObject({ completions: 1, parallelism: 1, backoffLimit: 6, completionMode: 'NonIndexed', suspend: false, podReplacementPolicy: 'TerminatingOrFailed' });
    expect(created<Job>(jobs, { metadata: { ...meta, uid: 'u' }, spec: { ...spec, parallelism: 3 } }).spec.completions).toBeUndefined();
  });
});

test('definitions of custom resources complete their names and remember the version they store', () => {
  const spec = { group: 'a.b', scope: 'Namespaced', names: { plural: 'foos', kind: 'Foo' }, versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }] };
  const made = created<CustomResourceDefinition>(kindOf('apiextensions.k8s.io', 'v1', 'CustomResourceDefinition'), { metadata: { name: 'foos.a.b' }, spec });
  expect(made).toMatchObject({ spec: { names: { singular: 'foo', listKind: 'FooList' }, conversion: { strategy: 'None' } }, status: { storedVersions: ['v1'] } });
});

describe('conversions', () => {
  const v1 = kindOf('autoscaling', 'v1', 'HorizontalPodAutoscaler');

  test('autoscalers of v1 are stored as v2 and come back the same', () => {
    const object = decoded<AutoscalerV1>(v1, { metadata: meta, spec: { scaleTargetRef: { kind: 'Deployment', name: 'd', apiVersion: 'apps/v1' }, maxReplicas: 3, targetCPUUtilizationPercentage: 50 } });
    const stored = toStored(v1, object) as HorizontalPodAutoscaler;
    expect(stored).toMatchObject({ apiVersion: 'autoscaling/v2', spec: { maxReplicas: 3, metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } }] } });
    expect(fromStored(v1, stored)).toMatchObject({ apiVersion: 'autoscaling/v1', spec: object.spec });
  });

  test('what v1 has no field for travels in annotations, and back', () => {
    const stored = {
      apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata: meta,
      spec: { scaleTargetRef: { kind: 'D', name: 'd' }, maxReplicas: 3, metrics: [{ type: 'Pods', pods: { metric: { name: 'm' }, target: { type: 'AverageValue', averageValue: '5' } } }], behavior: { scaleUp: { selectPolicy: 'Min' } } },
      status: { desiredReplicas: 1, currentMetrics: [], conditions: [{ type: 'AbleToScale', status: 'True' }] },
    };
    const shown = fromStored(v1, stored as KubeObject) as AutoscalerV1;
    expect(Object.keys(shown.metadata.annotations ?? {}).map((k) => k.split('/')[1])).toEqual(['metrics', 'conditions', 'behavior']);
    expect(toStored(v1, shown)).toMatchObject({ metadata: meta, spec: stored.spec, status: { conditions: stored.status.conditions } });
  });

  test.each(['{', '[null]', '"x"', '[[]]', '{"__proto__":1}'])('an annotation that holds %s does no harm', (text) => {
    const object = decoded<AutoscalerV1>(v1, { metadata: { ...meta, annotations: { 'autoscaling.alpha.kubernetes.io/metrics': text } }, spec: { scaleTargetRef: { kind: 'D', name: 'd' }, maxReplicas: 1 } });
    expect(() => toStored(v1, object)).not.toThrow();
  });

  test('events of both groups are the same objects', () => {
    const events = kindOf('events.k8s.io', 'v1', 'Event');
    const core = { apiVersion: 'v1', kind: 'Event', metadata: meta, involvedObject: { kind: 'Pod', name: 'p' }, message: 'm', source: { component: 'c' }, firstTimestamp: '2026-01-01T00:00:00Z', count: 2, reportingComponent: 'r', reportingInstance: 'i', type: 'Normal' };
    const shown = fromStored(events, core as CoreEvent);
    expect(shown).toMatchObject({ apiVersion: 'events.k8s.io/v1', regarding: core.involvedObject, note: 'm', deprecatedSource: core.source, deprecatedCount: 2, reportingController: 'r' });
    expect(shown).not.toHaveProperty('involvedObject');
    expect(toStored(events, shown)).toEqual(core);
  });
});
