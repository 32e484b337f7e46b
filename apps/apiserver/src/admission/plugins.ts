/** Admission plug-ins that can be switched: in force unless said otherwise, or the other way round. */
const onByDefault: ReadonlySet<string> = new Set([
  'CertificateApproval', 'CertificateSigning', 'CertificateSubjectRestriction', 'DefaultIngressClass', 'DefaultStorageClass', 'DefaultTolerationSeconds', 'DenyServiceExternalIPs', 'LimitRanger',
  'MutatingAdmissionWebhook', 'NamespaceLifecycle', 'NodeRestriction', 'PersistentVolumeClaimResize', 'PodSecurity', 'PodTopologyLabels', 'Priority', 'ResourceQuota', 'RuntimeClass', 'ServiceAccount',
  'StorageObjectInUseProtection', 'TaintNodesByCondition', 'ValidatingAdmissionPolicy', 'ValidatingAdmissionWebhook',
]);
const offByDefault: ReadonlySet<string> = new Set(['OwnerReferencesPermissionEnforcement']);
/** Plug-ins of Kubernetes that this server does not have. */
const absent: ReadonlySet<string> = new Set([
  'AlwaysAdmit', 'AlwaysDeny', 'AlwaysPullImages', 'ClusterTrustBundleAttest', 'EventRateLimit', 'ExtendedResourceToleration', 'ImagePolicyWebhook', 'LimitPodHardAntiAffinityTopology',
  'MutatingAdmissionPolicy', 'NamespaceAutoProvision', 'NamespaceExists', 'NodeDeclaredFeatureValidator', 'PodNodeSelector', 'PodTolerationRestriction',
]);

export interface PluginChoice {
  readonly enable: readonly string[];
  readonly disable: readonly string[];
}

/** Somebody asks for a plug-in that there is none of; the message names it. */
export class PluginError extends Error {
  override readonly name = 'PluginError';
}

/**
 * Whether a step of admission is in force. Steps that are no plug-ins always are.
 * @throws PluginError for a name that is unknown, or both enabled and disabled.
 */
export function choosePlugins({ enable, disable }: PluginChoice): (name: string) => boolean {
  for (const name of [...enable, ...disable]) {
    if (absent.has(name)) throw new PluginError(`the admission plug-in ${name} of Kubernetes is not part of this server`);
    if (!onByDefault.has(name) && !offByDefault.has(name)) throw new PluginError(`there is no admission plug-in ${JSON.stringify(name)}; there are: ${[...onByDefault, ...offByDefault].sort().join(', ')}`);
    if (enable.includes(name) && disable.includes(name)) throw new PluginError(`the admission plug-in ${name} cannot be both enabled and disabled`);
  }
  return (name) => (offByDefault.has(name) ? enable.includes(name) : !disable.includes(name));
}
