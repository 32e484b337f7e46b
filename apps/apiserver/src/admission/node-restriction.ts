import type { KubeObject } from '@rhythm/api';
import type { TokenRequest } from '@rhythm/api/types/authentication-v1';
import type { Node, Pod } from '@rhythm/api/types/core-v1';
import type { AdmissionRequest, AdmissionStep, Authorizer, ObjectReader } from '../ports/types.ts';
import { nodesGroup, nodeUserPrefix } from '../auth/groups.ts';
import { checkMirrorPod } from './mirror-pod.ts';
import { checkNodeClaim, checkNodeSigningRequest } from './node-requests.ts';
import { refused } from './refuse.ts';
import { deepEqual as same } from '../registry/deep-equal.ts';
import { whyNotAudience } from './token-audience.ts';

/**
 * A kubelet writes only its own Node, the pods bound to it, its lease and its CSINode, and asks only for tokens of pods
 * that run on it (NodeRestriction; CVE-2025-5187 for owner references).
 */
export function nodeRestriction(reader: ObjectReader, authorizer: Pick<Authorizer, 'authorize'>): AdmissionStep {
  return {
    name: 'NodeRestriction',
    validate(request) {
      const { user, group, resource } = request.attributes;
      if (!user.groups.includes(nodesGroup) && !user.name.startsWith(nodeUserPrefix)) return undefined;
      // In the group without the name, or the other way round: some node, but nobody knows which.
      const node = user.groups.includes(nodesGroup) && user.name.startsWith(nodeUserPrefix) ? user.name.slice(nodeUserPrefix.length) : '';
      if (node === '') throw refused(request, `could not determine node from user ${JSON.stringify(user.name)}`);
      return checks[`${group}/${resource}`]?.(request, node, reader, authorizer);
    },
  };
}

type Check = (request: AdmissionRequest, node: string, reader: ObjectReader, authorizer: Pick<Authorizer, 'authorize'>) => void | Promise<void>;

const checks: Readonly<Record<string, Check>> = {
  '/pods': checkPod,
  '/nodes': checkNode,
  '/serviceaccounts': checkToken,
  '/persistentvolumeclaims': checkNodeClaim,
  'certificates.k8s.io/certificatesigningrequests': checkNodeSigningRequest,
  'coordination.k8s.io/leases': checkLease,
  'storage.k8s.io/csinodes': checkCsiNode,
  'resource.k8s.io/resourceslices': checkResourceSlice,
};

async function checkPod(request: AdmissionRequest, node: string, reader: ObjectReader): Promise<void> {
  const { operation, attributes } = request;
  const itself = JSON.stringify(node);
  const refuse = (why: string): never => {
    throw refused(request, why);
  };
  if (attributes.subresource === 'status') return checkPodStatus(request, node);
  if (attributes.subresource === 'eviction') {
    if ((await podOf(request, reader))?.spec.nodeName !== node) refuse(`node ${itself} can only evict pods with spec.nodeName set to itself`);
    return;
  }
  if (attributes.subresource !== '') refuse(`unexpected pod subresource ${JSON.stringify(attributes.subresource)}, only 'status' and 'eviction' are allowed`);
  if (operation === 'DELETE') {
    const pod = (request.old as Pod | undefined) ?? (await podOf(request, reader));
    if (pod !== undefined && pod.spec.nodeName !== node) refuse(`node ${itself} can only delete pods with spec.nodeName set to itself`);
    return;
  }
  if (operation !== 'CREATE') refuse(`unexpected operation ${JSON.stringify(operation)}, node ${itself} can only create and delete mirror pods`);
  await checkMirrorPod(request, node, reader);
}

function checkPodStatus(request: AdmissionRequest, node: string): void {
  const [pod, old] = [request.object as Pod | undefined, request.old as Pod | undefined];
  if (request.operation !== 'UPDATE') throw refused(request, `unexpected operation ${JSON.stringify(request.operation)}`);
  if (old?.spec.nodeName !== node) throw refused(request, `node ${JSON.stringify(node)} can only update pod status for pods with spec.nodeName set to itself`);
  if (!same(pod?.metadata.labels ?? {}, old.metadata.labels ?? {})) throw refused(request, `node ${JSON.stringify(node)} cannot update labels through pod status`);
  if (!same(pod?.status?.resourceClaimStatuses ?? [], old.status?.resourceClaimStatuses ?? [])) throw refused(request, `node ${JSON.stringify(node)} cannot update resource claim statuses`);
}

function checkNode(request: AdmissionRequest, node: string): void {
  const [object, old] = [request.object as Node | undefined, request.old as Node | undefined];
  const name = request.attributes.name === '' ? (object?.metadata.name ?? '') : request.attributes.name;
  const itself = JSON.stringify(node);
  if (name !== node) throw refused(request, `node ${itself} is not allowed to modify node ${JSON.stringify(name)}`);
  if (request.operation === 'DELETE') throw refused(request, `node ${itself} is not allowed to delete itself`);
  if (request.operation === 'CREATE') {
    const labels = restrictedLabels(object?.metadata.labels ?? {}, {});
    if (labels.length > 0) throw refused(request, `node ${itself} is not allowed to set the following labels: ${labels.join(', ')}`);
    if ((object?.metadata.ownerReferences ?? []).length > 0) throw refused(request, `node ${itself} is not allowed to set ownerReferences`);
    return;
  }
  if (object?.spec?.configSource !== undefined && !same(object.spec.configSource, old?.spec?.configSource)) throw refused(request, `node ${itself} is not allowed to update configSource to a new non-nil configSource`);
  if (!same(object?.spec?.taints ?? [], old?.spec?.taints ?? [])) throw refused(request, `node ${itself} is not allowed to modify taints`);
  if (!same(object?.metadata.ownerReferences ?? [], old?.metadata.ownerReferences ?? [])) throw refused(request, `node ${itself} is not allowed to modify ownerReferences`);
  const labels = restrictedLabels(object?.metadata.labels ?? {}, old?.metadata.labels ?? {});
  if (labels.length > 0) throw refused(request, `is not allowed to modify labels: ${labels.join(', ')}`);
}

/** Labels of the Kubernetes domains that a kubelet may set (KEP-279). */
const ownLabels = new Set([
  'kubernetes.io/hostname', 'kubernetes.io/os', 'kubernetes.io/arch', 'beta.kubernetes.io/os', 'beta.kubernetes.io/arch',
  'node.kubernetes.io/instance-type', 'beta.kubernetes.io/instance-type', 'node.kubernetes.io/windows-build',
  'topology.kubernetes.io/zone', 'topology.kubernetes.io/region', 'failure-domain.beta.kubernetes.io/zone', 'failure-domain.beta.kubernetes.io/region',
]);

function restrictedLabels(now: Readonly<Record<string, string>>, before: Readonly<Record<string, string>>): string[] {
  const changed = [...new Set([...Object.keys(now), ...Object.keys(before)])].filter((key) => now[key] !== before[key]);
  return changed.filter(isRestricted).sort();
}

function isRestricted(label: string): boolean {
  const domain = label.includes('/') ? label.slice(0, label.indexOf('/')) : '';
  const inside = (suffix: string): boolean => domain === suffix || domain.endsWith(`.${suffix}`);
  if (inside('node-restriction.kubernetes.io')) return true;
  if (!inside('kubernetes.io') && !inside('k8s.io')) return false;
  return !ownLabels.has(label) && !inside('kubelet.kubernetes.io') && !inside('node.kubernetes.io');
}

async function checkToken(request: AdmissionRequest, node: string, reader: ObjectReader, authorizer: Pick<Authorizer, 'authorize'>): Promise<void> {
  if (request.attributes.subresource !== 'token' || request.operation !== 'CREATE') return;
  const { boundObjectRef: ref, audiences } = (request.object as unknown as Partial<TokenRequest> | undefined)?.spec ?? {};
  if (ref === undefined || ref === null || ref.apiVersion !== 'v1' || ref.kind !== 'Pod' || (ref.name ?? '') === '') throw refused(request, 'node requested token not bound to a pod');
  if ((ref.uid ?? '') === '') throw refused(request, 'node requested token with a pod binding without a uid');
  const pod = await reader.get<Pod>('', 'pods', request.attributes.namespace, ref.name ?? '');
  if (pod === undefined) throw refused(request, `node requested token bound to a pod that does not exist`);
  if (pod.metadata.uid !== ref.uid) throw refused(request, 'the UID in the bound object reference does not match the UID in record. The object might have been deleted and then recreated');
  if (pod.spec.nodeName !== node) throw refused(request, 'node requested token bound to a pod scheduled on a different node');
  const why = await whyNotAudience(pod, audiences ?? [], request.attributes, reader, authorizer);
  if (why !== undefined) throw refused(request, why);
}

function checkLease(request: AdmissionRequest, node: string): void {
  const { namespace, name } = request.attributes;
  const itself = JSON.stringify(node);
  if (namespace !== 'kube-node-lease') throw refused(request, `can only access leases in the "kube-node-lease" system namespace`);
  const asked = name === '' ? request.object?.metadata.name : name;
  if (asked !== node) throw refused(request, `node ${itself} can only access node lease with the same name as the requesting node`);
}

function checkCsiNode(request: AdmissionRequest, node: string): void {
  const asked = request.attributes.name === '' ? request.object?.metadata.name : request.attributes.name;
  if (asked !== node) throw refused(request, `node ${JSON.stringify(node)} can only access CSINode with the same name as the requesting node`);
}

function checkResourceSlice(request: AdmissionRequest, node: string): void {
  for (const slice of [request.object, request.old]) {
    const of = (slice as (KubeObject & { spec?: { nodeName?: string } }) | undefined)?.spec?.nodeName;
    if (slice !== undefined && of !== node) throw refused(request, `can only create, update and delete ResourceSlices of node ${JSON.stringify(node)}`);
  }
}

function podOf(request: AdmissionRequest, reader: ObjectReader): Promise<Pod | undefined> {
  const name = request.attributes.name === '' ? (request.object?.metadata.name ?? '') : request.attributes.name;
  return reader.get<Pod>('', 'pods', request.attributes.namespace, name);
}
