import type { CertificateSigningRequest } from '@rhythm/api/types/certificates-v1';
import type { PersistentVolumeClaim } from '@rhythm/api/types/core-v1';
import { readSigningRequest, SigningRequestError } from '@rhythm/pki';
import type { AdmissionRequest } from '../ports/types.ts';
import { deepEqual } from '../registry/deep-equal.ts';
import { refused } from './refuse.ts';

const kubeletSigners: ReadonlySet<string> = new Set(['kubernetes.io/kubelet-serving', 'kubernetes.io/kube-apiserver-client-kubelet']);

/** A node asks the signers of kubelets for certificates in its own name only. @throws ApiError Forbidden. */
export async function checkNodeSigningRequest(request: AdmissionRequest): Promise<void> {
  if (request.operation !== 'CREATE' || request.attributes.subresource !== '') return;
  const { spec } = request.object as CertificateSigningRequest;
  if (!kubeletSigners.has(spec.signerName)) return;
  const { name } = request.attributes.user;
  const commonName = await commonNameOf(spec.request).catch((error: unknown) => {
    throw error instanceof SigningRequestError ? refused(request, `unable to parse csr: ${error.message}`) : error;
  });
  if (commonName !== name) throw refused(request, `can only create a node CSR with CN=${name}`);
}

async function commonNameOf(base64: string): Promise<string> {
  return (await readSigningRequest(Buffer.from(base64, 'base64').toString('latin1'))).commonName;
}

/** What a kubelet says of a volume that it has made larger. */
const nodesOwn: readonly string[] = ['capacity', 'conditions', 'allocatedResources', 'allocatedResourceStatuses', 'currentVolumeAttributesClassName', 'modifyVolumeStatus'];

/** Of the claims that its pods use a node tells how large they have become, nothing else. @throws ApiError Forbidden. */
export function checkNodeClaim(request: AdmissionRequest, node: string): void {
  const { operation, object, old, attributes } = request;
  if (attributes.subresource !== 'status' || operation !== 'UPDATE') throw refused(request, `node ${JSON.stringify(node)} can only update the status of persistentvolumeclaims`);
  const [next, before] = [object as PersistentVolumeClaim, old as PersistentVolumeClaim];
  if (!deepEqual(plainMetadata(next), plainMetadata(before))) throw refused(request, `node ${JSON.stringify(node)} is not allowed to update metadata of persistentvolumeclaims`);
  if (!deepEqual([next.spec, otherStatus(next)], [before.spec, otherStatus(before)])) throw refused(request, `node ${JSON.stringify(node)} is not allowed to update fields of persistentvolumeclaims other than status.${nodesOwn.join(', status.')}`);
}

function plainMetadata({ metadata }: PersistentVolumeClaim): object {
  const { managedFields: _managedFields, resourceVersion: _resourceVersion, ...rest } = metadata;
  return rest;
}

function otherStatus({ status }: Partial<PersistentVolumeClaim>): object {
  return Object.fromEntries(Object.entries(status ?? {}).filter(([field]) => !nodesOwn.includes(field)));
}
