import { canonicalQuantity, parseQuantity } from '../../quantity.ts';
import type { FieldError } from '../../status.ts';
import { invalidValue } from '../../validation/field-error.ts';
import { checkQualifiedName } from '../../validation/names.ts';

/* The names of resources that limits and quotas may speak of (pkg/apis/core/helper). */

const containerNames: ReadonlySet<string> = new Set(['cpu', 'memory', 'ephemeral-storage']);
const objectNames = ['pods', 'services', 'replicationcontrollers', 'resourcequotas', 'secrets', 'configmaps', 'persistentvolumeclaims', 'services.nodeports', 'services.loadbalancers'];
const quotaNames: ReadonlySet<string> = new Set([
  ...containerNames, ...objectNames, 'requests.cpu', 'requests.memory', 'requests.storage', 'requests.ephemeral-storage', 'limits.cpu', 'limits.memory', 'limits.ephemeral-storage',
]);

/** A name without a prefix must be one of those that the system knows. */
export function checkResourceName(name: string): string[] {
  const wrong = checkQualifiedName(name);
  if (wrong.length > 0 || name.includes('/') || name === 'storage' || isQuotaName(name)) return wrong;
  return ['must be a standard resource type or fully qualified'];
}

/** What a quota may be of. */
export function checkQuotaName(name: string): string[] {
  const wrong = checkResourceName(name);
  return isQuotaName(name) || name.includes('/') ? wrong : [...wrong, 'must be a standard resource for quota'];
}

/** What pods and containers have limits of. A name that is none at all is also none of theirs, and both is said. */
export function checkContainerResourceName(name: string): string[] {
  const wrong = checkResourceName(name);
  if (!name.includes('/')) return containerNames.has(name) || isHugePages(name) ? wrong : [...wrong, 'must be a standard resource for containers'];
  return isNative(name) || isExtended(name) ? wrong : [...wrong, "doesn't follow extended resource name standard"];
}

/** Names without a prefix that a quota may be of. */
export function isQuotaName(name: string): boolean {
  return quotaNames.has(name) || isHugePages(name.replace(/^requests\./, ''));
}

/** Whether more may be promised than there is: not of huge pages, nor of devices. */
export function isOvercommitAllowed(name: string): boolean {
  return isNative(name) && !isHugePages(name);
}

/** A count of things: whole numbers only. */
function isInteger(name: string): boolean {
  return objectNames.includes(name) || isExtended(name);
}

/** Amounts are not negative, counts are whole. */
export function validateAmount(name: string, text: string, path: string): FieldError[] {
  const { nano } = parseQuantity(text);
  const errors = nano < 0n ? [invalidValue(path, canonicalQuantity(text), 'must be greater than or equal to 0')] : [];
  return isInteger(name) && nano % 1_000_000_000n !== 0n ? [...errors, invalidValue(path, canonicalQuantity(text), 'must be an integer')] : errors;
}

export function isHugePages(name: string): boolean {
  return name.startsWith('hugepages-');
}

function isNative(name: string): boolean {
  return !name.includes('/') || name.includes('kubernetes.io/');
}

/** A device or the like, which pods ask for by a name with a prefix that is not ours, and quotas by the same with `requests.` before it. */
export function isExtended(name: string): boolean {
  return !isNative(name) && !name.startsWith('requests.') && checkQualifiedName(`requests.${name}`).length === 0;
}
