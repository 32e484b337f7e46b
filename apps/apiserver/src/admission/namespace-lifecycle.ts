import { ApiError, notFound } from '@rhythm/api';
import type { Namespace } from '@rhythm/api/types/core-v1';
import type { AdmissionRequest, AdmissionStep, ObjectReader } from '../ports/types.ts';
import { refused } from './refuse.ts';
import { withNamespace } from './with-namespace.ts';

const immortal = new Set(['default', 'kube-system', 'kube-public']);

/** Nothing is made in a namespace that does not exist or is being deleted, and three namespaces cannot be deleted. */
export function namespaceLifecycle(reader: ObjectReader): AdmissionStep {
  return {
    name: 'NamespaceLifecycle',
    admit(request) {
      const { attributes, operation } = request;
      const isNamespace = attributes.group === '' && attributes.resource === 'namespaces';
      if (isNamespace && operation === 'DELETE' && immortal.has(attributes.name)) throw refused(request, 'this namespace may not be deleted');
      if (isNamespace || attributes.namespace === '' || operation === 'DELETE') return undefined;
      // Access may be asked about in a namespace that does not exist yet.
      if (attributes.group === 'authorization.k8s.io') return undefined;
      return withNamespace(reader, request, (namespace) => check(request, namespace));
    },
  };
}

function check(request: AdmissionRequest, namespace: Namespace | undefined): void {
  if (namespace === undefined) throw notFound({ group: '', resource: 'namespaces' }, request.attributes.namespace);
  const terminating = namespace.status?.phase === 'Terminating' || namespace.metadata.deletionTimestamp !== undefined;
  if (request.operation === 'CREATE' && terminating) throw terminatingError(request);
}

function terminatingError(request: AdmissionRequest): ApiError {
  const { namespace } = request.attributes;
  const error = refused(request, `unable to create new content in namespace ${namespace} because it is being terminated`);
  const cause = { reason: 'NamespaceTerminating', message: `namespace ${namespace} is being terminated`, field: 'metadata.namespace' };
  return new ApiError('Forbidden', error.message, { details: { ...error.details, causes: [cause] } });
}
