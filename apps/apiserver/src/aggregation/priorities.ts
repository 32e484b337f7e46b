/**
 * Where the built-in groups stand among aggregated ones, and their versions within them (kube-apiserver, DefaultGenericAPIServicePriorities).
 */
const groups: Readonly<Record<string, number>> = {
  '': 18_000,
  apps: 17_800,
  'events.k8s.io': 17_750,
  'authentication.k8s.io': 17_700,
  'authorization.k8s.io': 17_600,
  autoscaling: 17_500,
  batch: 17_400,
  'certificates.k8s.io': 17_300,
  'networking.k8s.io': 17_200,
  policy: 17_100,
  'rbac.authorization.k8s.io': 17_000,
  'storage.k8s.io': 16_800,
  'apiextensions.k8s.io': 16_700,
  'admissionregistration.k8s.io': 16_700,
  'scheduling.k8s.io': 16_600,
  'coordination.k8s.io': 16_500,
  'node.k8s.io': 16_300,
  'discovery.k8s.io': 16_200,
  'flowcontrol.apiserver.k8s.io': 16_100,
  'internal.apiserver.k8s.io': 16_000,
  'resource.k8s.io': 15_900,
};

const versions: Readonly<Record<string, number>> = { '/v1': 1, 'autoscaling/v2': 30, 'flowcontrol.apiserver.k8s.io/v1': 21, 'events.k8s.io/v1beta1': 5 };

export interface Priority {
  readonly group: number;
  readonly version: number;
}

/** Of a custom resource's group version: behind everything built in. */
export const customPriority: Priority = { group: 1_000, version: 100 };

/** Of a built-in group version. */
export function builtInPriority(group: string, version: string): Priority {
  const stage = version.includes('alpha') ? 9 : version.includes('beta') ? 12 : 15;
  return { group: Object.hasOwn(groups, group) ? (groups[group] ?? 0) : 15_800, version: versions[`${group}/${version}`] ?? stage };
}
