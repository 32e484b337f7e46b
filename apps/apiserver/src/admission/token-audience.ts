import type { PersistentVolume, PersistentVolumeClaim, Pod } from '@rhythm/api/types/core-v1';
import type { CSIDriver } from '@rhythm/api/types/storage-v1';
import type { Authorizer, ObjectReader, RequestAttributes } from '../ports/types.ts';

/**
 * Why a node may not have a token for these audiences; `undefined` when it may: at most one, which a volume of the pod asks
 * for, or a driver of such a volume, or that a role gives to the node (ServiceAccountNodeAudienceRestriction).
 */
export async function whyNotAudience(pod: Pod, audiences: readonly string[], attributes: RequestAttributes, reader: ObjectReader, authorizer: Pick<Authorizer, 'authorize'>): Promise<string | undefined> {
  if (audiences.length > 1) return `node may only request 0 or 1 audiences, ${audiences.length} were requested`;
  const [audience = ''] = audiences;
  if (isProjected(pod, audience) || (await isOfDriver(pod, audience, reader))) return undefined;
  const { namespace, name, user } = attributes;
  const asked = { user, verb: 'request-serviceaccounts-token-audience', isResource: true, path: '', group: '', version: 'v1', resource: audience, subresource: '', namespace, name };
  return (await authorizer.authorize(asked)).allowed ? undefined : `audience ${JSON.stringify(audience)} not found in pod spec volume`;
}

function isProjected(pod: Pod, audience: string): boolean {
  const sources = (pod.spec.volumes ?? []).flatMap((volume) => volume.projected?.sources ?? []);
  return sources.some((source) => source.serviceAccountToken !== undefined && (source.serviceAccountToken.audience ?? '') === audience);
}

async function isOfDriver(pod: Pod, audience: string, reader: ObjectReader): Promise<boolean> {
  for await (const name of driversOf(pod, reader)) {
    const driver = await reader.get<CSIDriver>('storage.k8s.io', 'csidrivers', '', name);
    if ((driver?.spec.tokenRequests ?? []).some((request) => request.audience === audience)) return true;
  }
  return false;
}

async function* driversOf(pod: Pod, reader: ObjectReader): AsyncGenerator<string> {
  const { namespace = '', name = '' } = pod.metadata;
  for (const volume of pod.spec.volumes ?? []) {
    if (volume.csi) yield volume.csi.driver;
    const claimName = volume.persistentVolumeClaim?.claimName ?? (volume.ephemeral ? `${name}-${volume.name}` : '');
    if (claimName === '') continue;
    const claim = await reader.get<PersistentVolumeClaim>('', 'persistentvolumeclaims', namespace, claimName);
    const volumeName = claim?.spec.volumeName ?? '';
    const bound = volumeName === '' ? undefined : await reader.get<PersistentVolume>('', 'persistentvolumes', '', volumeName);
    const driver = bound?.spec.csi?.driver ?? '';
    if (driver !== '') yield driver;
  }
}
