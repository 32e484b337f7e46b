import { describe, expect, test } from 'vitest';
import { decodeValue } from '../decode/index.ts';
import { apiVersionOf } from '../resource.ts';
import type { KubeObject } from '../resource.ts';
import { normalise } from '../schema/index.ts';
import type { KindDefinition } from './kind.ts';
import { fromStored, kindRegistry, toStored } from './registry.ts';

/** The least a client can send. */
function bare(kind: KindDefinition): KubeObject {
  const value = { apiVersion: apiVersionOf(kind), kind: kind.kind, metadata: { name: 'x', ...(kind.namespaced ? { namespace: 'default' } : {}) } };
  return normalise(kind, decodeValue(value, { expected: kind, fieldValidation: 'Ignore' }).object as unknown as KubeObject);
}

describe.each(kindRegistry.kinds.map((kind) => [`${apiVersionOf(kind)} ${kind.kind}`, kind] as const))('%s', (_, kind) => {
  test('takes the barest object through every hook without a crash', () => {
    const object = bare(kind);
    kind.prepareForCreate?.(object);
    expect(Array.isArray(kind.validate?.(object))).toBe(true);
    const changed = structuredClone(object);
    normalise(kind, changed);
    kind.prepareForUpdate?.(changed, object);
    // An update is judged by the rules of a create, or fewer.
    expect(kind.validate?.(changed)).toEqual(expect.arrayContaining(kind.validate?.(changed, object) ?? []));
    expect(kind.validateUpdate?.(changed, object)).toEqual([]);
    kind.prepareForStatusUpdate?.(changed, object);
    expect(changed.metadata.generation).toBe(object.metadata.generation);
    expect(fromStored(kind, toStored(kind, object))).toMatchObject({ kind: kind.kind, apiVersion: apiVersionOf(kind) });
    kind.cells(object, 0);
    expect(Object.values(kind.selectableFields?.(object) ?? {}).every((value) => typeof value === 'string')).toBe(true);
  });

  test('has a schema of its own', () => expect(kind.schema.properties?.has('metadata')).toBe(true));
});

/** The kinds whose changes are counted (the strategies of pkg/registry). */
const counted: ReadonlySet<string> = new Set([
  'Pod', 'PodTemplate', 'ReplicationController', 'Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob', 'PodDisruptionBudget', 'PriorityClass', 'Ingress', 'NetworkPolicy', 'IngressClass',
  'ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration', 'ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding', 'FlowSchema', 'PriorityLevelConfiguration', 'EndpointSlice', 'ResourceSlice', 'CustomResourceDefinition',
]);
/** Statuses that a client may bring along, or that a new object begins with. */
const beginnings: Readonly<Record<string, object>> = {
  Node: { phase: 'made up' }, Pod: { phase: 'Pending', qosClass: 'BestEffort' }, Namespace: { phase: 'Active' }, PersistentVolume: { phase: 'Pending' }, PersistentVolumeClaim: { phase: 'Pending' }, Service: { loadBalancer: {} },
  APIService: { conditions: [{ type: 'Available', status: 'True', reason: 'Local', message: 'Local APIServices are always available' }] }, CustomResourceDefinition: {},
};

const stored = kindRegistry.kinds.filter((kind) => kind.verbs.includes('watch'));
test.each(stored.map((kind) => [`${apiVersionOf(kind)} ${kind.kind}`, kind] as const))('%s counts its changes, and takes no status from a client that makes it', (_, kind) => {
  const object = bare(kind) as KubeObject & { status?: unknown };
  object.metadata.generation = 7;
  const hasStatus = kind.subresources.some(({ name }) => name === 'status');
  if (hasStatus) object.status = { phase: 'made up' };
  kind.prepareForCreate?.(object);
  expect(object.metadata.generation).toBe(counted.has(kind.kind) ? 1 : undefined);
  if (!hasStatus) return;
  expect(object.status).toMatchObject(beginnings[kind.kind] ?? {});
  if (!Object.hasOwn(beginnings, kind.kind)) expect(object.status).toEqual({});
  const next = structuredClone(object);
  next.status = { phase: 'other' };
  next.metadata.generation = 9;
  kind.prepareForUpdate?.(next, object);
  expect(next.status).toMatchObject(object.status as object);
  expect(next.metadata.generation).toBe(object.metadata.generation);
});

/** What field selectors may name besides the name and the namespace (the conversions of pkg/apis and the attributes of pkg/registry). */
const reference = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'];
const selectable: Readonly<Record<string, readonly string[]>> = {
  'v1 Event': [...reference.map((field) => `involvedObject.${field}`), 'reason', 'reportingComponent', 'source', 'type'],
  'events.k8s.io/v1 Event': [...reference.map((field) => `regarding.${field}`), 'reason', 'reportingController', 'type'],
  'v1 Namespace': ['name', 'status.phase'],
  'v1 Node': ['spec.unschedulable'],
  'v1 Pod': ['spec.nodeName', 'spec.restartPolicy', 'spec.schedulerName', 'spec.serviceAccountName', 'spec.hostNetwork', 'status.phase', 'status.podIP', 'status.podIPs', 'status.nominatedNodeName'],
  'v1 ReplicationController': ['status.replicas'],
  'v1 Secret': ['type'],
  'v1 Service': ['spec.clusterIP', 'spec.type'],
  'apps/v1 ReplicaSet': ['status.replicas'],
  'batch/v1 Job': ['status.successful'],
  'certificates.k8s.io/v1 CertificateSigningRequest': ['spec.signerName'],
  'resource.k8s.io/v1 ResourceSlice': ['spec.nodeName', 'spec.driver'],
};
test.each(stored.map((kind) => [`${apiVersionOf(kind)} ${kind.kind}`, kind] as const))('%s is selected by the fields that upstream has', (name, kind) => {
  expect(Object.keys(kind.selectableFields?.(bare(kind)) ?? {}).toSorted()).toEqual([...(selectable[name] ?? [])].toSorted());
});
