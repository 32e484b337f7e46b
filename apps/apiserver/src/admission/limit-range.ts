import { amountsOf, compareQuantities, formatQuantity, parseQuantity, podLimits, podRequests, quantityToNumber, type Amounts, type KubeObject, type Quantity } from '@rhythm/api';
import type { Container, LimitRange, LimitRangeItem, PersistentVolumeClaim, Pod, PodSpec } from '@rhythm/api/types/core-v1';
import type { AdmissionRequest, AdmissionStep, ObjectReader } from '../ports/types.ts';
import { containersOf } from '../pods/containers.ts';
import { isCore, refused } from './refuse.ts';

const annotation = 'kubernetes.io/limit-ranger';
type Bounds = Readonly<Record<string, string>> | undefined;

/** Gives containers the defaults of their namespace's LimitRanges and refuses pods and claims outside of their bounds. */
export function limitRanger(reader: ObjectReader): AdmissionStep {
  const itemsFor = async (request: AdmissionRequest): Promise<LimitRangeItem[]> => {
    const ranges = await reader.list<LimitRange>('', 'limitranges', request.attributes.namespace);
    return ranges.length === 0 ? [] : ranges.flatMap((range) => range.spec?.limits ?? []);
  };
  const hold = async (request: AdmissionRequest, errorsOf: (item: LimitRangeItem) => string[]): Promise<void> => {
    const errors = (await itemsFor(request)).flatMap(errorsOf);
    if (errors.length > 0) throw refused(request, errors.length === 1 ? (errors[0] ?? '') : `[${errors.join(', ')}]`);
  };
  const complete = async (request: AdmissionRequest, pod: Pod): Promise<void> => {
    const notes: string[] = [];
    for (const item of await itemsFor(request)) if (item.type === 'Container') for (const found of containersOf(pod.spec)) setDefaults(found, item, notes);
    if (notes.length > 0) pod.metadata.annotations = { ...pod.metadata.annotations, [annotation]: `LimitRanger plugin set: ${notes.join('; ')}` };
  };
  /** Most clusters have no limits anywhere. */
  const isUnlimited = (): boolean => reader.hasNone?.('', 'limitranges') === true;
  return {
    name: 'LimitRanger',
    resources: ['/pods', '/persistentvolumeclaims'],
    admit(request) {
      if (request.operation !== 'CREATE' || !isCore(request, 'pods') || request.object === undefined || isUnlimited()) return undefined;
      return complete(request, request.object as Pod);
    },
    validate(request) {
      if (isUnlimited()) return undefined;
      const { object } = request;
      const errorsOf = object === undefined || request.old?.metadata.deletionTimestamp !== undefined ? undefined : rulesFor(request, object);
      return errorsOf === undefined ? undefined : hold(request, errorsOf);
    },
  };
}

/** What has bounds: new pods, pods that are resized (nothing else about them can change), claims. */
function rulesFor(request: AdmissionRequest, object: KubeObject): ((item: LimitRangeItem) => string[]) | undefined {
  const { operation, attributes: { group, resource, subresource } } = request;
  if (group !== '' || (operation !== 'CREATE' && operation !== 'UPDATE')) return undefined;
  if (resource === 'pods' && (operation === 'CREATE' ? subresource === '' : subresource === 'resize')) return (item) => podErrors((object as Pod).spec, item);
  return resource === 'persistentvolumeclaims' && subresource === '' ? (item) => claimErrors(object as PersistentVolumeClaim, item) : undefined;
}

function setDefaults({ role, container }: { readonly role: string; readonly container: Container }, item: LimitRangeItem, notes: string[]): void {
  if (role === 'ephemeralContainer') return;
  const resources = (container.resources ??= {});
  const what = role === 'initContainer' ? 'init container' : 'container';
  for (const [key, defaults] of [['requests', item.defaultRequest ?? {}], ['limits', item.default ?? {}]] as const) {
    const missing = Object.entries(defaults).filter(([name]) => !Object.hasOwn(resources[key] ?? {}, name));
    if (missing.length === 0) continue;
    resources[key] = { ...resources[key], ...Object.fromEntries(missing) };
    notes.push(`${missing.map(([name]) => name).sort().join(', ')} ${key === 'requests' ? 'request' : 'limit'} for ${what} ${container.name}`);
  }
}

function podErrors(spec: PodSpec, item: LimitRangeItem): string[] {
  if (item.type === 'Pod') {
    const { overhead: _, ...own } = spec;
    return boundErrors('Pod', item, podRequests(own), podLimits(own));
  }
  if (item.type !== 'Container') return [];
  const bounded = [...containersOf(spec)].filter(({ role }) => role !== 'ephemeralContainer');
  return bounded.flatMap(({ container }) => boundErrors('Container', item, amountsOf(container.resources?.requests), amountsOf(container.resources?.limits)));
}

function claimErrors(claim: PersistentVolumeClaim, item: LimitRangeItem): string[] {
  if (item.type !== 'PersistentVolumeClaim') return [];
  const requests = amountsOf(claim.spec?.resources?.requests);
  // A claim has no limits that anybody could have meant: its request is held against both bounds.
  return [...minErrors(item.type, item.min, requests, none), ...requestErrors(item.type, item.max, requests)];
}

function boundErrors(type: string, item: LimitRangeItem, requests: Amounts, limits: Amounts): string[] {
  return [...minErrors(type, item.min, requests, limits), ...maxErrors(type, item.max, requests, limits), ...ratioErrors(type, item.maxLimitRequestRatio, requests, limits)];
}

function minErrors(type: string, given: Bounds, requests: Amounts, limits: Amounts): string[] {
  return bounds(given).flatMap(([name, bound, text]) => {
    const [request, limit] = [requests.get(name), limits.get(name)];
    const says = `minimum ${name} usage per ${type} is ${text}`;
    const errors = limit !== undefined && compareQuantities(limit, bound) < 0 ? [`${says}, but limit is ${formatQuantity(limit)}`] : [];
    if (request === undefined) return [`${says}.  No request is specified`, ...errors];
    return compareQuantities(request, bound) < 0 ? [`${says}, but request is ${formatQuantity(request)}`, ...errors] : errors;
  });
}

function maxErrors(type: string, given: Bounds, requests: Amounts, limits: Amounts): string[] {
  return bounds(given).flatMap(([name, bound, text]) => {
    const [request, limit] = [requests.get(name), limits.get(name)];
    const says = `maximum ${name} usage per ${type} is ${text}`;
    const errors = request !== undefined && compareQuantities(request, bound) > 0 ? [`${says}, but request is ${formatQuantity(request)}`] : [];
    if (limit === undefined) return [`${says}.  No limit is specified`, ...errors];
    return compareQuantities(limit, bound) > 0 ? [`${says}, but limit is ${formatQuantity(limit)}`, ...errors] : errors;
  });
}

function requestErrors(type: string, given: Bounds, requests: Amounts): string[] {
  return bounds(given).flatMap(([name, bound, text]) => {
    const request = requests.get(name);
    const says = `maximum ${name} usage per ${type} is ${text}`;
    if (request === undefined) return [`${says}.  No request is specified`];
    return compareQuantities(request, bound) > 0 ? [`${says}, but request is ${formatQuantity(request)}`] : [];
  });
}

function ratioErrors(type: string, given: Bounds, requests: Amounts, limits: Amounts): string[] {
  return bounds(given).flatMap(([name, bound, text]) => {
    const [request, limit] = [quantityToNumber(requests.get(name) ?? zero), quantityToNumber(limits.get(name) ?? zero)];
    const says = `${name} max limit to request ratio per ${type} is ${text}`;
    if (request === 0) return [`${says}, but no request is specified or request is 0`];
    if (limit === 0) return [`${says}, but no limit is specified or limit is 0`];
    return limit / request > quantityToNumber(bound) ? [`${says}, but provided ratio is ${(limit / request).toFixed(6)}`] : [];
  });
}

const zero = parseQuantity('0');
const none: Amounts = new Map();

function bounds(given: Bounds): Array<[name: string, bound: Quantity, text: string]> {
  return [...amountsOf(given)].map(([name, bound]) => [name, bound, given?.[name] ?? '']);
}
