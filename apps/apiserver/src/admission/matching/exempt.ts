import { ownUser } from '../../pipeline/own-user.ts';
import type { AdmissionRequest } from '../../ports/types.ts';

const configurations = new Set(['mutatingwebhookconfigurations', 'validatingwebhookconfigurations']);
const policies = new Set([...configurations, 'validatingadmissionpolicies', 'validatingadmissionpolicybindings', 'mutatingadmissionpolicies', 'mutatingadmissionpolicybindings']);
const reviews = new Set(['tokenreviews', 'selfsubjectreviews', 'localsubjectaccessreviews', 'selfsubjectaccessreviews', 'selfsubjectrulesreviews', 'subjectaccessreviews']);

/**
 * Webhooks are never asked about webhooks and policies: a broken one could not be taken back. Nor about what the server itself writes: one that is
 * down would keep it from starting, and so itself from coming up.
 */
export function isExemptFromWebhooks({ attributes: { group, resource, user } }: AdmissionRequest): boolean {
  // The very object: whoever bears the same name is somebody else.
  if (user === ownUser) return true;
  return group === 'admissionregistration.k8s.io' && policies.has(resource);
}

/** Policies are not about policies, webhooks, nor about questions of who one is and what one may. */
export function isExemptFromPolicies({ attributes: { group, resource } }: AdmissionRequest): boolean {
  if (group === 'admissionregistration.k8s.io') return policies.has(resource);
  return (group === 'authentication.k8s.io' || group === 'authorization.k8s.io') && reviews.has(resource);
}
