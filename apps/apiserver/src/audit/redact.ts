import type { RequestAttributes } from '../pipeline/types.ts';

type Members = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Members => typeof value === 'object' && value !== null && !Array.isArray(value);
const hidden = 'redacted';

/** A body without what must be in no log, whatever the policy asks for: contents of Secrets, and tokens. */
export function redacted(body: unknown, { group, resource, subresource }: Pick<RequestAttributes, 'group' | 'resource' | 'subresource'>): unknown {
  if (group === '' && resource === 'secrets') return eachObject(body, withoutSecret);
  const hasToken = (group === 'authentication.k8s.io' && resource === 'tokenreviews') || (resource === 'serviceaccounts' && subresource === 'token');
  return hasToken ? eachObject(body, withoutToken) : body;
}

/** Of lists each item; of patches, which may hold anything anywhere, nothing. */
function eachObject(body: unknown, change: (object: Members) => Members): unknown {
  if (Array.isArray(body)) return hidden;
  if (!isObject(body)) return body;
  return Array.isArray(body['items']) ? { ...body, items: body['items'].map((item: unknown) => (isObject(item) ? change(item) : hidden)) } : change(body);
}

function withoutSecret(object: Members): Members {
  const { data, stringData, metadata, ...rest } = object;
  return {
    ...rest,
    ...(metadata === undefined ? {} : { metadata: withoutLastApplied(metadata) }),
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

function withoutToken(object: Members): Members {
  const hide = (part: unknown): unknown => (isObject(part) && 'token' in part ? { ...part, token: hidden } : part);
  return { ...object, ...('spec' in object ? { spec: hide(object['spec']) } : {}), ...('status' in object ? { status: hide(object['status']) } : {}) };
}
