import type { Node, Pod, PodSpec } from '@rhythm/api/types/core-v1';
import type { AdmissionRequest, ObjectReader } from '../ports/types.ts';
import { referencesOf } from '../pods/containers.ts';
import { refused } from './refuse.ts';

export const mirrorAnnotation = 'kubernetes.io/config.mirror';

/**
 * A node shows a pod that it runs by itself: one of its own, that no other object keeps, and that refers to none: whatever a pod refers to, its
 * node may read (CVE-2025-4563 for devices). @throws ApiError Forbidden.
 */
export async function checkMirrorPod(request: AdmissionRequest, node: string, reader: ObjectReader): Promise<void> {
  const pod = request.object as Pod;
  const itself = JSON.stringify(node);
  if (pod.metadata.annotations?.[mirrorAnnotation] === undefined) throw refused(request, `pod does not have "${mirrorAnnotation}" annotation, node ${itself} can only create mirror pods`);
  if (pod.spec.nodeName !== node) throw refused(request, `node ${itself} can only create pods with spec.nodeName set to itself`);
  const whyNot = await ownerFault(pod, node, reader);
  if (whyNot !== undefined) throw refused(request, `node ${itself} ${whyNot}`);
  if ((pod.spec.serviceAccountName ?? '') !== '') throw refused(request, `node ${itself} can not create pods that reference a service account`);
  for (const what of referencedBy(pod)) throw refused(request, `node ${itself} can not create pods that reference ${what}`);
}

function* referencedBy(pod: Pod): Generator<string> {
  for (const { kind } of referencesOf(pod.spec)) yield `${kind}s`;
  for (const source of projectedSources(pod.spec)) {
    if (source.clusterTrustBundle) yield 'clustertrustbundles';
    if (source.podCertificate) yield 'podcertificates';
  }
  if ((pod.spec.resourceClaims ?? []).length > 0 || (pod.status?.resourceClaimStatuses ?? []).length > 0) yield 'resourceclaims';
}

function projectedSources(spec: PodSpec): readonly { readonly clusterTrustBundle?: unknown; readonly podCertificate?: unknown }[] {
  return (spec.volumes ?? []).flatMap((volume) => volume.projected?.sources ?? []);
}

/** Only the node itself may own it, as it is now: not one of its name that was there before. */
async function ownerFault({ metadata: { ownerReferences = [] } }: Pod, node: string, reader: ObjectReader): Promise<string | undefined> {
  const [owner] = ownerReferences;
  if (owner === undefined) return undefined;
  if (ownerReferences.length > 1 || owner.kind !== 'Node' || owner.apiVersion !== 'v1' || owner.name !== node) return 'can only create pods with an owner reference set to itself';
  if (owner.controller !== true) return 'can only create pods with a controller owner reference set to itself';
  if (owner.blockOwnerDeletion === true) return 'must not set blockOwnerDeletion on an owner reference';
  const found = await reader.get<Node>('', 'nodes', '', node);
  return found?.metadata.uid === owner.uid ? undefined : 'can only create pods with an owner reference of its own UID';
}
