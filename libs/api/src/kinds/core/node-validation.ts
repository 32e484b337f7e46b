import type { Node, Taint } from '../../gen/types/core-v1.ts';
import type { FieldError } from '../../status.ts';
import { at, child, duplicate, forbidden, invalidEach, invalidValue } from '../../validation/field-error.ts';
import { checkCidr, ipFamilyOf } from '../../validation/ip.ts';
import { checkLabelKey, checkLabelValue } from '../../validation/names.ts';
import { semanticEqual } from '../../validation/semantic-equal.ts';
import { validateAmount } from './resource-names.ts';
import { checked, distinct, each, oneOf } from '../../validation/values.ts';

const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

export function validateNode(object: Node): FieldError[] {
  return [...validateTaints(object.spec?.taints ?? []), ...validateAmounts(object), ...validateCidrs(object.spec?.podCIDRs ?? [])];
}

/** One range of each family at most. */
function validateCidrs(cidrs: readonly string[]): FieldError[] {
  const path = 'spec.podCIDRs';
  const errors = each(cidrs, path, (cidr, here) => invalidEach(checkCidr(cidr), here, cidr));
  if (cidrs.length < 2) return errors;
  const families = new Set(cidrs.map((cidr) => ipFamilyOf(cidr.split('/')[0] ?? '')));
  if (families.size < 2 || cidrs.length > 2) errors.push(invalidValue(path, cidrs, 'may specify no more than one CIDR for each IP family'));
  return [...errors, ...distinct(cidrs, path, (cidr) => cidr)];
}

export function validateNodeUpdate(object: Node, old: Node): FieldError[] {
  const errors: FieldError[] = [];
  const { spec } = object;
  if ((old.spec?.podCIDRs ?? []).length > 0 && !semanticEqual(spec?.podCIDRs, old.spec.podCIDRs)) {
    errors.push(forbidden('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid'));
  }
  if ((old.spec?.providerID ?? '') !== '' && spec?.providerID !== old.spec.providerID) {
    errors.push(forbidden('spec.providerID', 'node updates may not change providerID except from "" to valid'));
  }
  // What it was called elsewhere is said once, if at all.
  if ((spec?.externalID ?? '') !== (old.spec?.externalID ?? '')) errors.push(forbidden('spec.externalID', 'may not be updated'));
  return errors;
}

/** An address is said once. */
export function validateNodeStatus(object: Node): FieldError[] {
  const errors: FieldError[] = [];
  const addresses = new Set<string>();
  (object.status?.addresses ?? []).forEach((address, i) => {
    const key = `${address.type}/${address.address}`;
    if (addresses.has(key)) errors.push(duplicate(at('status.addresses', i), address));
    addresses.add(key);
  });
  return [...errors, ...validateAmounts(object)];
}

/** What a node has is not less than nothing, and whole where it cannot be divided. */
function validateAmounts({ status }: Node): FieldError[] {
  return (['capacity', 'allocatable'] as const).flatMap((list) => Object.entries(status?.[list] ?? {}).flatMap(([name, amount]) => validateAmount(name, amount, `status.${list}.${name}`)));
}

function validateTaints(taints: readonly Taint[]): FieldError[] {
  const seen = new Set<string>();
  return taints.flatMap((taint, i) => {
    // The path is upstream's own.
    const path = at('metadata.taints', i);
    const errors = [
      ...invalidEach(checkLabelKey(taint.key ?? ''), child(path, 'key'), taint.key ?? ''),
      ...checked(taint.value, child(path, 'value'), (value) => joined(checkLabelValue(value))),
      ...oneOf(taint.effect, child(path, 'effect'), effects, 'required'),
    ];
    const key = `${taint.key}:${taint.effect}`;
    if (seen.has(key)) errors.push(duplicate(path, inGoNames(taint), 'taints must be unique by key and effect pair'));
    seen.add(key);
    return errors;
  });
}

/** All that is wrong in one error. */
function joined(messages: readonly string[]): string[] {
  return messages.length === 0 ? [] : [messages.join(';')];
}

/** A taint as upstream shows its own. */
function inGoNames({ key, value = '', effect, timeAdded }: Taint): object {
  return { Key: key, Value: value, Effect: effect, TimeAdded: timeAdded ?? null };
}
