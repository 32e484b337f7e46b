import { ApiError, conflict, invalid, notFound, type FieldError, type KubeObject } from '@rhythm/api';
import { formatTime, randomUuid, type Clock, type Random } from '@rhythm/base';
import type { BoundObjectReference, TokenRequest } from '@rhythm/api/types/authentication-v1';
import type { Pod, ServiceAccount } from '@rhythm/api/types/core-v1';
import type { ObjectReader } from '../../ports/types.ts';
import { serviceAccountUserName } from '../groups.ts';
import type { CreateOnlyHandler } from '../reviews/handler.ts';
import type { ClaimRef, TokenClaims } from './claims.ts';
import { signToken } from './signed-token.ts';
import type { TokenVerifierConfig } from './verifier.ts';

/** Shortest and longest life of a token, and the one of a request that does not say, in seconds (authentication/validation). */
export const tokenSecondsMin = 600;
export const tokenSecondsMax = 2 ** 32;
export const tokenSecondsByDefault = 3600;
/** Audiences one token may name. */
export const audiencesMax = 64;

type Bound = Pick<TokenClaims, 'pod' | 'secret' | 'node'>;

/** `serviceaccounts/token`: issues a token for a service account, bound to a pod, secret or node when the request says so. */
export function tokenRequestHandler(config: TokenVerifierConfig, reader: ObjectReader, clock: Clock, random: Random): CreateOnlyHandler {
  return async ({ object, namespace, name }) => {
    const request = object as TokenRequest;
    const seconds = request.spec?.expirationSeconds ?? tokenSecondsByDefault;
    const audiences = (request.spec?.audiences ?? []).length === 0 ? [...config.audiences] : request.spec.audiences;
    refuseInvalid(request, name, seconds, audiences);
    const account = await reader.get<ServiceAccount>('', 'serviceaccounts', namespace, name);
    if (account === undefined) throw notFound({ group: '', resource: 'serviceaccounts' }, name);
    const ref = request.spec?.boundObjectRef;
    const bound = ref === undefined || ref === null ? {} : await boundObject(reader, account, ref);
    const now = clock.now();
    const expiresAt = Math.floor(now / 1000) + seconds;
    const claims: TokenClaims = {
      issuer: config.issuer,
      subject: serviceAccountUserName(namespace, name),
      audiences,
      expiresAt,
      notBefore: Math.floor(now / 1000),
      id: randomUuid(random),
      namespace,
      serviceAccount: { name, uid: account.metadata.uid ?? '' },
      ...bound,
    };
    return {
      kind: 'TokenRequest',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: { name, namespace, creationTimestamp: formatTime(now) },
      spec: { audiences, expirationSeconds: seconds, boundObjectRef: ref ?? null },
      status: { token: await signToken(claims, config.keys, now), expirationTimestamp: formatTime(expiresAt * 1000) },
    } as unknown as KubeObject;
  };
}

function refuseInvalid(request: TokenRequest, name: string, seconds: number, audiences: readonly string[]): void {
  const errors: FieldError[] = [];
  const bad = (message: string): void => void errors.push({ type: 'FieldValueInvalid', field: 'spec.expirationSeconds', message: `Invalid value: ${seconds}: ${message}` });
  if (!Number.isSafeInteger(seconds) || seconds < tokenSecondsMin) bad('may not specify a duration less than 10 minutes');
  else if (seconds > tokenSecondsMax) bad('may not specify a duration larger than 2^32 seconds');
  if (audiences.length > audiencesMax) errors.push({ type: 'FieldValueTooMany', field: 'spec.audiences', message: `Too many: ${audiences.length}: must have at most ${audiencesMax} items` });
  if (errors.length > 0) throw invalid({ group: 'authentication.k8s.io', kind: 'TokenRequest' }, request.metadata?.name ?? name, errors);
}

async function boundObject(reader: ObjectReader, account: ServiceAccount, ref: BoundObjectReference): Promise<Bound> {
  const name = ref.name ?? '';
  const namespace = account.metadata.namespace ?? '';
  const kind = ref.apiVersion === 'v1' ? ref.kind : undefined;
  if (kind === 'Pod') {
    const pod = await existing<Pod>(reader, 'pods', namespace, name, ref);
    if ((pod.spec.serviceAccountName ?? '') !== account.metadata.name) {
      throw new ApiError('BadRequest', `cannot bind token for serviceaccount ${JSON.stringify(account.metadata.name)} to pod running with different serviceaccount name.`);
    }
    return { pod: claimRef(pod), ...(await nodeOfPod(reader, pod)) };
  }
  if (kind === 'Secret') return { secret: claimRef(await existing(reader, 'secrets', namespace, name, ref)) };
  if (kind === 'Node') return { node: claimRef(await existing(reader, 'nodes', '', name, ref)) };
  throw new ApiError('BadRequest', `cannot bind token to object of type ${ref.apiVersion ?? ''}, Kind=${ref.kind ?? ''}`);
}

/** Where the pod runs, when that node is known. */
async function nodeOfPod(reader: ObjectReader, pod: Pod): Promise<Bound> {
  const nodeName = pod.spec.nodeName ?? '';
  if (nodeName === '') return {};
  const node = await reader.get<KubeObject>('', 'nodes', '', nodeName);
  return { node: { name: nodeName, uid: node?.metadata.uid ?? '' } };
}

async function existing<T extends KubeObject>(reader: ObjectReader, resource: string, namespace: string, name: string, ref: BoundObjectReference): Promise<T> {
  const object = await reader.get<T>('', resource, namespace, name);
  if (object === undefined) throw notFound({ group: '', resource }, name);
  const uid = object.metadata.uid ?? '';
  if ((ref.uid ?? '') !== '' && ref.uid !== uid) {
    throw conflict({ group: '', resource }, name, `the UID in the bound object reference (${ref.uid}) does not match the UID in record. The object might have been deleted and then recreated`);
  }
  return object;
}

function claimRef(object: KubeObject): ClaimRef {
  return { name: object.metadata.name ?? '', uid: object.metadata.uid ?? '' };
}
