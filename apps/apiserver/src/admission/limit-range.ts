import { addQuantities, compareQuantities, formatQuantity, isQuantity, parseQuantity, quantityToNumber, type Quantity } from '@rhythm/api';
import type { Container, LimitRange, LimitRangeItem, PersistentVolumeClaim, Pod, PodSpec } from '@rhythm/api/types/core-v1';
import type { AdmissionRequest, AdmissionStep, ObjectReader } from '../pipeline/types.ts';
import { containersOf } from './containers.ts';
import { isCore, refused } from './refuse.ts';

const annotation = 'kubernetes.io/limit-ranger';
type Amounts = Readonly<Record<string, string>>;

/** Gives containers the defaults of their namespace's LimitRanges and refuses pods and claims outside of their bounds. */
export function limitRanger(reader: ObjectReader): AdmissionStep {
  const itemsFor = async (request: AdmissionRequest): Promise<LimitRangeItem[]> => {
    const ranges = await reader.list<LimitRange>('', 'limitranges', request.attributes.namespace);
    return ranges.flatMap((range) => range.spec?.limits ?? []);
  };
  return {
    name: 'LimitRanger',
    resources: ['/pods', '/persistentvolumeclaims'],
    async admit(request) {
      if (request.operation !== 'CREATE' || !isCore(request, 'pods') || request.object === undefined) return;
      const pod = request.object as Pod;
      const notes: string[] = [];
      for (const item of await itemsFor(request)) if (item.type === 'Container') for (const found of containersOf(pod.spec)) setDefaults(found, item, notes);
      if (notes.length > 0) pod.metadata.annotations = { ...pod.metadata.annotations, [annotation]: `LimitRanger plugin set: ${notes.join('; ')}` };
    },
    async validate(request) {
      if (request.object === undefined) return;
      const isPod = isCore(request, 'pods') && request.operation === 'CREATE';
      const isClaim = isCore(request, 'persistentvolumeclaims') && (request.operation === 'CREATE' || request.operation === 'UPDATE');
      if (!isPod && !isClaim) return;
      const errors = (await itemsFor(request)).flatMap((item) => (isPod ? podErrors((request.object as Pod).spec, item) : claimErrors(request.object as PersistentVolumeClaim, item)));
      if (errors.length > 0) throw refused(request, errors.length === 1 ? (errors[0] ?? '') : `[${errors.join(', ')}]`);
    },
  };
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
  if (item.type === 'Pod') return boundErrors('Pod', item, totals(spec, 'requests'), totals(spec, 'limits'));
  if (item.type !== 'Container') return [];
  const bounded = [...containersOf(spec)].filter(({ role }) => role !== 'ephemeralContainer');
  return bounded.flatMap(({ container }) => boundErrors('Container', item, amounts(container.resources?.requests), amounts(container.resources?.limits)));
}

function claimErrors(claim: PersistentVolumeClaim, item: LimitRangeItem): string[] {
  if (item.type !== 'PersistentVolumeClaim') return [];
  const requests = amounts(claim.spec?.resources?.requests);
  // A claim has no limits: its request is held against both bounds.
  return boundErrors('PersistentVolumeClaim', { type: item.type, ...(item.min === undefined ? {} : { min: item.min }), ...(item.max === undefined ? {} : { max: item.max }) }, requests, requests);
}

function boundErrors(type: string, item: LimitRangeItem, requests: ReadonlyMap<string, Quantity>, limits: ReadonlyMap<string, Quantity>): string[] {
  const errors: string[] = [];
  for (const [name, bound, text] of bounds(item.min)) {
    const [request, limit] = [requests.get(name), limits.get(name)];
    const says = `minimum ${name} usage per ${type} is ${text}`;
    if (request === undefined) errors.push(`${says}.  No request is specified`);
    else if (compareQuantities(request, bound) < 0) errors.push(`${says}, but request is ${formatQuantity(request)}`);
    if (limit !== undefined && compareQuantities(limit, bound) < 0) errors.push(`${says}, but limit is ${formatQuantity(limit)}`);
  }
  for (const [name, bound, text] of bounds(item.max)) {
    const [request, limit] = [requests.get(name), limits.get(name)];
    const says = `maximum ${name} usage per ${type} is ${text}`;
    if (limit === undefined) errors.push(`${says}.  No limit is specified`);
    else if (compareQuantities(limit, bound) > 0) errors.push(`${says}, but limit is ${formatQuantity(limit)}`);
    if (request !== undefined && compareQuantities(request, bound) > 0) errors.push(`${says}, but request is ${formatQuantity(request)}`);
  }
  for (const [name, bound, text] of bounds(item.maxLimitRequestRatio)) {
    const [request, limit] = [quantityToNumber(requests.get(name) ?? zero), quantityToNumber(limits.get(name) ?? zero)];
    const says = `${name} max limit to request ratio per ${type} is ${text}`;
    if (request === 0) errors.push(`${says}, but no request is specified or request is 0`);
    else if (limit === 0) errors.push(`${says}, but no limit is specified or limit is 0`);
    else if (limit / request > quantityToNumber(bound)) errors.push(`${says}, but provided ratio is ${(limit / request).toFixed(6)}`);
  }
  return errors;
}

const zero = parseQuantity('0');

function bounds(given: Amounts | undefined): Array<[name: string, bound: Quantity, text: string]> {
  return [...amounts(given)].map(([name, bound]) => [name, bound, given?.[name] ?? '']);
}

/** Quantities by name; what is not one is left to validation. */
function amounts(given: Amounts | undefined): Map<string, Quantity> {
  return new Map(Object.entries(given ?? {}).filter(([, value]) => isQuantity(value)).map(([name, value]) => [name, parseQuantity(value)]));
}

/** What a pod uses at most at one time: its containers and side-cars together, or one init container with the side-cars before it. */
function totals(spec: PodSpec, key: 'requests' | 'limits'): Map<string, Quantity> {
  const sum = new Map<string, Quantity>();
  const peak = new Map<string, Quantity>();
  const sidecars = new Map<string, Quantity>();
  const add = (to: Map<string, Quantity>, name: string, value: Quantity): void => void to.set(name, addQuantities(to.get(name) ?? zero, value));
  for (const container of spec.initContainers ?? []) {
    for (const [name, value] of amounts(container.resources?.[key])) {
      if (container.restartPolicy === 'Always') {
        add(sidecars, name, value);
        add(sum, name, value);
        continue;
      }
      const together = addQuantities(value, sidecars.get(name) ?? zero);
      if (compareQuantities(together, peak.get(name) ?? zero) > 0) peak.set(name, together);
    }
  }
  for (const container of spec.containers ?? []) for (const [name, value] of amounts(container.resources?.[key])) add(sum, name, value);
  for (const [name, value] of peak) if (compareQuantities(value, sum.get(name) ?? zero) > 0) sum.set(name, value);
  return sum;
}
