import { randomSuffix, type Random } from '@rhythm/base';
import type { Pod, PodSpec, ServiceAccount, Volume } from '@rhythm/api/types/core-v1';
import type { AdmissionRequest, AdmissionStep, ObjectReader } from '../ports/types.ts';
import { containersOf } from '../pods/containers.ts';
import { isCore, refused } from './refuse.ts';

const mountPath = '/var/run/secrets/kubernetes.io/serviceaccount';
const volumePrefix = 'kube-api-access-';
/** Seven seconds more than an hour: what tells these tokens from those that were asked for by hand. */
const tokenSeconds = 3607;
const mirrorAnnotation = 'kubernetes.io/config.mirror';

/** Gives each pod a service account that exists, its image pull secrets, and a mounted token unless account or pod say no. */
export function serviceAccountStep(reader: ObjectReader, random: Random): AdmissionStep {
  const complete = async (request: AdmissionRequest, pod: Pod): Promise<void> => {
    const { spec } = pod;
    if ((spec.serviceAccountName ?? '') === '') spec.serviceAccountName = 'default';
    const name = spec.serviceAccountName ?? '';
    spec.serviceAccount = name;
    const { namespace } = request.attributes;
    const account = reader.atHand?.<ServiceAccount>('', 'serviceaccounts', namespace, name) ?? (await reader.get<ServiceAccount>('', 'serviceaccounts', namespace, name));
    if (account === undefined) throw refused(request, `error looking up service account ${namespace}/${name}: serviceaccount ${JSON.stringify(name)} not found`);
    if (spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true) mountToken(spec, random);
    if ((spec.imagePullSecrets ?? []).length === 0 && (account.imagePullSecrets ?? []).length > 0) {
      spec.imagePullSecrets = (account.imagePullSecrets ?? []).map((secret) => ({ ...secret }));
    }
  };
  return {
    name: 'ServiceAccount',
    resources: ['/pods'],
    admit(request) {
      if (request.operation !== 'CREATE' || !isCore(request, 'pods') || request.object === undefined) return undefined;
      const pod = request.object as Pod;
      // Mirror pods copy what a kubelet runs already; they hold no credentials of the cluster.
      return isMirror(pod) ? undefined : complete(request, pod);
    },
    validate(request) {
      const pod = request.object as Pod | undefined;
      if (request.operation !== 'CREATE' || !isCore(request, 'pods') || pod === undefined || !isMirror(pod)) return;
      if ((pod.spec.serviceAccountName ?? '') !== '') throw refused(request, 'a mirror pod may not reference service accounts');
      for (const volume of pod.spec.volumes ?? []) {
        if (volume.projected?.sources?.some((source) => source.serviceAccountToken !== undefined) === true) {
          throw refused(request, 'a mirror pod may not use ServiceAccountToken volume projections');
        }
      }
    },
  };
}

function isMirror(pod: Pod): boolean {
  return pod.metadata.annotations?.[mirrorAnnotation] !== undefined;
}

function mountToken(spec: PodSpec, random: Random): void {
  const volumes = spec.volumes ?? [];
  const existing = volumes.find((volume) => volume.name.startsWith(volumePrefix))?.name;
  const volumeName = existing ?? unusedName(volumes, random);
  let needed = false;
  for (const { role, container } of containersOf(spec)) {
    if (role === 'ephemeralContainer' || (container.volumeMounts ?? []).some((mount) => mount.mountPath === mountPath)) continue;
    container.volumeMounts = [...(container.volumeMounts ?? []), { name: volumeName, readOnly: true, mountPath }];
    needed = true;
  }
  if (needed && existing === undefined) spec.volumes = [...volumes, tokenVolume(volumeName)];
}

function unusedName(volumes: readonly Volume[], random: Random): string {
  for (;;) {
    const name = `${volumePrefix}${randomSuffix(random)}`;
    if (!volumes.some((volume) => volume.name === name)) return name;
  }
}

function tokenVolume(name: string): Volume {
  return {
    name,
    projected: {
      defaultMode: 0o644,
      sources: [
        { serviceAccountToken: { path: 'token', expirationSeconds: tokenSeconds } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        { downwardAPI: { items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }] } },
      ],
    },
  } as Volume;
}
