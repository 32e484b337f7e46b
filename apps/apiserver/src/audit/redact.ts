import type { RequestAttributes } from '../ports/types.ts';

type Members = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Members => typeof value === 'object' && value !== null && !Array.isArray(value);
const hidden = 'redacted';

/**
 * A body without what must be in no log, whatever the policy asks for: contents of Secrets, and tokens. Of these kinds only the fields that are
 * known to say nothing of it are shown: a body may be wrong in any way, and holds its secret somewhere else then.
 */
export function redacted(body: unknown, { group, resource, subresource }: Pick<RequestAttributes, 'group' | 'resource' | 'subresource'>): unknown {
  if (group === '' && resource === 'secrets') return eachObject(body, withoutSecret);
  if (group === 'authentication.k8s.io' && resource === 'tokenreviews') return eachObject(body, withoutToken(['audiences'], ['authenticated', 'audiences', 'user', 'error']));
  if (resource === 'serviceaccounts' && subresource === 'token') return eachObject(body, withoutToken(['audiences', 'expirationSeconds', 'boundObjectRef'], ['expirationTimestamp']));
  return body;
}

/** A path and query as they may be written down: some clients put their token there. */
export function redactedUri(uri: string): string {
  return uri.replaceAll(/([?&][^=&]*(?:token|secret|password|passwd|authorization|credential|api_?key|jwt)[^=&]*=)[^&]*/gi, `$1${hidden}`);
}

/** Of lists each item; of patches, which may hold anything anywhere, nothing. */
function eachObject(body: unknown, change: (object: Members) => Members): unknown {
  if (!isObject(body)) return hidden;
  // A refusal says what was wrong, not what was sent.
  if (body['kind'] === 'Status' && body['apiVersion'] === 'v1') return shown(body, ['kind', 'apiVersion', 'metadata', 'status', 'message', 'reason', 'details', 'code']);
  if (!Array.isArray(body['items'])) return change(body);
  return { ...shown(body, ['kind', 'apiVersion', 'metadata']), items: body['items'].map((item: unknown) => (isObject(item) ? change(item) : hidden)) };
}

function withoutSecret(object: Members): Members {
  const { data, stringData, metadata, type, immutable } = object;
  return {
    ...shown(object, ['kind', 'apiVersion']),
    ...(metadata === undefined ? {} : { metadata: withoutLastApplied(metadata) }),
    ...(typeof type === 'string' ? { type } : {}),
    ...(typeof immutable === 'boolean' ? { immutable } : {}),
    ...(data === undefined ? {} : { data: hiddenValues(data) }),
    ...(stringData === undefined ? {} : { stringData: hiddenValues(stringData) }),
  };
}

/** `kubectl apply` keeps a copy of what it applied in an annotation. */
function withoutLastApplied(metadata: unknown): unknown {
  if (!isObject(metadata) || !isObject(metadata['annotations'])) return metadata;
  const { 'kubectl.kubernetes.io/last-applied-configuration': applied, ...annotations } = metadata['annotations'];
  return { ...metadata, annotations: applied === undefined ? annotations : { ...annotations, 'kubectl.kubernetes.io/last-applied-configuration': hidden } };
}

function hiddenValues(data: unknown): unknown {
  return isObject(data) ? Object.fromEntries(Object.keys(data).map((key) => [key, hidden])) : hidden;
}

function withoutToken(ofSpec: readonly string[], ofStatus: readonly string[]): (object: Members) => Members {
  const part = (value: unknown, fields: readonly string[]): unknown => (isObject(value) ? { ...shown(value, fields), ...('token' in value ? { token: hidden } : {}) } : hidden);
  return (object) => ({
    ...shown(object, ['kind', 'apiVersion', 'metadata']),
    ...('spec' in object ? { spec: part(object['spec'], ofSpec) } : {}),
    ...('status' in object ? { status: part(object['status'], ofStatus) } : {}),
  });
}

function shown(object: Members, fields: readonly string[]): Members {
  return Object.fromEntries(fields.filter((field) => Object.hasOwn(object, field)).map((field) => [field, object[field]]));
}
