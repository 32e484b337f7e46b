/**
 * The admission steps, in Kubernetes' order. Each is one file; what a step needs to know of other objects it reads through
 * the pipeline's `ObjectReader`. `quota/` comes after all of these.
 */
import type { KindRegistry } from '@rhythm/api';
import type { Clock, Log, Random } from '@rhythm/base';
import type { ResourceChanges } from '../auth/ports.ts';
import type { AdmissionStep, Authorizer, ObjectReader } from '../ports/types.ts';
import { certificateApproval, certificateSigning, certificateSubjectRestriction } from './certificates.ts';
import { certificateRequestor } from './certificate-requestor.ts';
import { defaultIngressClass } from './default-ingress-class.ts';
import { defaultTolerationSeconds } from './default-toleration.ts';
import { deviceSelectors } from './device-selectors.ts';
import { denyServiceExternalIPs } from './external-ips.ts';
import { limitRanger } from './limit-range.ts';
import { namespaceLifecycle } from './namespace-lifecycle.ts';
import { nodeRestriction } from './node-restriction.ts';
import { taintNodesByCondition } from './node-taint.ts';
import { ownerReferences } from './owner-references.ts';
import { validatingPolicies } from './policies/validating-policies.ts';
import { podTopologyLabels } from './pod-topology-labels.ts';
import { podSecurity } from './pod-security/pod-security.ts';
import { priorityStep } from './priority.ts';
import { runtimeClass } from './runtime-class.ts';
import { serviceAccountStep } from './service-account.ts';
import { claimResize, defaultStorageClass, storageProtection } from './storage/index.ts';
import type { WebhookClient } from '../webhooks/index.ts';
import { mutatingWebhooks, validatingWebhooks, webhookConditions } from './webhooks/index.ts';

export { containersOf, referencesOf } from '../pods/containers.ts';
export { choosePlugins, PluginError, type PluginChoice } from './plugins.ts';
export { systemPriorityClasses } from './priority.ts';

export interface AdmissionPorts {
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly random: Random;
  /** How webhooks are called; without it none is. */
  readonly webhooks?: { readonly client: WebhookClient; readonly log: Log };
  readonly authorizer: Authorizer;
  readonly registry: KindRegistry;
  readonly changes: ResourceChanges;
  /** Comes from `buildAuth`. */
  readonly escalation: AdmissionStep;
}

/** All admission steps, plug-ins that are off by default included: `choosePlugins` tells which are in force. */
export function admissionSteps(reader: ObjectReader, ports: AdmissionPorts): AdmissionStep[] {
  const asked = ports.webhooks === undefined ? [] : [{ ...ports, ...ports.webhooks, reader }];
  return [
    namespaceLifecycle(reader),
    certificateRequestor,
    limitRanger(reader),
    serviceAccountStep(reader, ports.random),
    nodeRestriction(reader, ports.authorizer),
    taintNodesByCondition,
    priorityStep(reader),
    defaultTolerationSeconds,
    defaultStorageClass(reader),
    storageProtection,
    runtimeClass(reader),
    certificateApproval(ports.authorizer, ports.clock),
    certificateSigning(ports.authorizer),
    certificateSubjectRestriction,
    defaultIngressClass(reader),
    claimResize(reader),
    ownerReferences(ports.authorizer, ports.registry),
    denyServiceExternalIPs,
    podTopologyLabels(reader),
    ports.escalation,
    ...asked.map(mutatingWebhooks),
    podSecurity(reader),
    webhookConditions,
    deviceSelectors,
    validatingPolicies({ ...ports, reader }),
    ...asked.map(validatingWebhooks),
  ];
}
