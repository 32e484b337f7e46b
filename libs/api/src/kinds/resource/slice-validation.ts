import type { Counter, CounterSet, Device, DeviceAttribute, DeviceTaint, ResourceSlice, ResourceSliceSpec } from '../../gen/types/resource-v1.ts';
import type { FieldError } from '../../status.ts';
import { at, child, forbidden, invalidValue, required, tooLong, tooMany } from '../../validation/field-error.ts';
import { byteLength, checkCsiDriverName, checkDns1123Label, checkDns1123Subdomain, checkLabelKey, checkLabelValue } from '../../validation/names.ts';
import { checked, distinct, requiredChecked } from '../../validation/values.ts';
import { validateNodeSelectorTerms } from '../pod-spec/scheduling.ts';
import { limited, validateEffect } from './claim-validation.ts';
import { checkAttributeName } from './device-names.ts';

const devicesMax = 128;
/** With taints or counters, which take more work for each. */
const richDevicesMax = 64;
const counterSetsMax = 8;
const countersMax = 32;
const consumptionsMax = 2;
const taintsMax = 16;
const attributesMax = 32;
const poolNameLengthMax = 253;
const valueLengthMax = 64;
const semver = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$/;

/** The devices that a driver offers, and on which nodes. */
export function validateSlice({ spec }: ResourceSlice): FieldError[] {
  const rich = (spec.devices ?? []).some((device) => (device.taints ?? []).length > 0 || (device.consumesCounters ?? []).length > 0);
  const both = spec.sharedCounters !== undefined && spec.devices !== undefined;
  return [
    ...requiredChecked(spec.driver, 'spec.driver', checkCsiDriverName),
    ...validatePool(spec, 'spec.pool'),
    ...validatePlace(spec, 'spec', spec.perDeviceNodeSelection, ['`nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required', ', but multiple fields are set']),
    ...(both ? [invalidValue('spec', '', 'only one of `sharedCounters` or `devices` is allowed')] : []),
    ...limited(spec.devices, 'spec.devices', rich ? richDevicesMax : devicesMax, (device, here) => validateDevice(device, spec.perDeviceNodeSelection === true, here)),
    ...distinct(spec.devices, 'spec.devices', (device) => device.name),
    ...limited(spec.sharedCounters, 'spec.sharedCounters', counterSetsMax, validateCounterSet),
    ...distinct(spec.sharedCounters, 'spec.sharedCounters', (set) => set.name),
  ];
}

function validatePool({ pool }: ResourceSliceSpec, path: string): FieldError[] {
  const name = pool?.name ?? '';
  const count = pool?.resourceSliceCount ?? 0;
  const generation = pool?.generation ?? 0;
  const field = child(path, 'name');
  const errors = name === '' ? [required(field)] : name.split('/').flatMap((part) => checkDns1123Subdomain(part).map((e) => invalidValue(field, part, e)));
  if (name.length > poolNameLengthMax) errors.unshift(tooLong(field, poolNameLengthMax));
  if (count <= 0) errors.push(invalidValue(child(path, 'resourceSliceCount'), count, 'must be greater than zero'));
  return generation < 0 ? [...errors, invalidValue(child(path, 'generation'), generation, 'must be greater than or equal to zero')] : errors;
}

type Place = Pick<Device, 'nodeName' | 'nodeSelector' | 'allNodes'>;

/** Where devices are: said in exactly one way. */
function validatePlace(place: Place, path: string, perDevice: boolean | undefined, [one, several]: readonly [string, string]): FieldError[] {
  const errors: FieldError[] = [];
  const given: string[] = [];
  const { nodeName, nodeSelector } = place;
  if (nodeName === '') errors.push(invalidValue(child(path, 'nodeName'), nodeName, 'must be either unset or set to a non-empty string'));
  else if (nodeName !== undefined) {
    given.push('`nodeName`');
    errors.push(...checked(nodeName, child(path, 'nodeName'), checkDns1123Subdomain));
  }
  if (nodeSelector !== undefined) {
    const field = child(path, 'nodeSelector.nodeSelectorTerms');
    given.push('`nodeSelector`');
    errors.push(...validateNodeSelectorTerms(nodeSelector.nodeSelectorTerms, field));
    if (nodeSelector.nodeSelectorTerms.length !== 1) errors.push(invalidValue(field, nodeSelector.nodeSelectorTerms, 'must have exactly one node selector term'));
  }
  for (const [field, value] of Object.entries({ allNodes: place.allNodes, perDeviceNodeSelection: perDevice })) {
    if (value === false) errors.push(invalidValue(child(path, field), value, 'must be either unset or set to true'));
    else if (value === true) given.push(`\`${field}\``);
  }
  if (given.length === 0) return [...errors, required(path, `exactly one of ${one}`)];
  return given.length === 1 ? errors : [...errors, invalidValue(path, `{${given.join(', ')}}`, `exactly one of ${one}${several}`)];
}

function validateDevice(device: Device, perDevice: boolean, path: string): FieldError[] {
  const attributes = Object.entries(device.attributes ?? {});
  const capacity = Object.entries(device.capacity ?? {});
  const count = attributes.length + capacity.length;
  const errors = checkDns1123Label(device.name ?? '').map((e) => invalidValue(child(path, 'name'), device.name ?? '', e));
  if (count > attributesMax) errors.push(invalidValue(path, count, `the total number of attributes and capacities must not exceed ${attributesMax}`));
  errors.push(...attributes.flatMap(([name, attribute]) => [...validateKey(name, child(path, 'attributes')), ...validateAttribute(attribute, at(child(path, 'attributes'), name))]));
  for (const [name, { requestPolicy }] of capacity) {
    errors.push(...validateKey(name, child(path, 'capacity')));
    if (requestPolicy !== undefined && device.allowMultipleAllocations !== true) {
      errors.push(forbidden(child(at(child(path, 'capacity'), name), 'requestPolicy'), 'allowMultipleAllocations must be true'));
    }
  }
  errors.push(...limited(device.taints, child(path, 'taints'), taintsMax, validateTaint));
  const consumes = child(path, 'consumesCounters');
  errors.push(...limited(device.consumesCounters, consumes, consumptionsMax, ({ counterSet, counters }, here) => [
    ...requiredChecked(counterSet, child(here, 'counterSet'), checkDns1123Label),
    ...validateCounters(counters, child(here, 'counters')),
  ]));
  errors.push(...distinct(device.consumesCounters, consumes, (consumption) => consumption.counterSet));
  const words = '`nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true in the ResourceSlice spec';
  if (perDevice) return [...errors, ...validatePlace(device, path, undefined, [words, ''])];
  if (device.nodeName === undefined && device.nodeSelector === undefined && device.allNodes === undefined) return errors;
  return [...errors, invalidValue(path, null, '`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec')];
}

function validateKey(name: string, path: string): FieldError[] {
  return checkAttributeName(name).map((e) => invalidValue(path, name, e));
}

function validateAttribute(attribute: DeviceAttribute, path: string): FieldError[] {
  const given = (['bool', 'int', 'string', 'version'] as const).filter((field) => attribute[field] !== undefined);
  const errors = (['string', 'version'] as const).filter((field) => byteLength(attribute[field] ?? '') > valueLengthMax).map((field) => tooLong(child(path, field), valueLengthMax));
  const { version } = attribute;
  if (version !== undefined && !semver.test(version)) errors.push(invalidValue(child(path, 'version'), version, 'must be a string compatible with semver.org spec 2.0.0'));
  if (given.length === 1) return errors;
  return [...errors, invalidValue(path, given.length === 0 ? '' : attribute, 'exactly one value must be specified')];
}

function validateTaint({ key, value, effect }: DeviceTaint, path: string): FieldError[] {
  const errors = [...requiredChecked(key, child(path, 'key'), checkLabelKey), ...checked(value, child(path, 'value'), checkLabelValue)];
  return [...errors, ...((effect ?? '') === '' ? [required(child(path, 'effect'), 'a device taint effect is required')] : validateEffect(effect, child(path, 'effect')))];
}

function validateCounterSet({ name, counters }: CounterSet, path: string): FieldError[] {
  return [...requiredChecked(name, child(path, 'name'), checkDns1123Label), ...validateCounters(counters, child(path, 'counters'))];
}

function validateCounters(counters: Readonly<Record<string, Counter>> | undefined, path: string): FieldError[] {
  const names = Object.keys(counters ?? {});
  if (names.length === 0) return [required(path)];
  if (names.length > countersMax) return [tooMany(path, names.length, countersMax)];
  return names.flatMap((name) => checkDns1123Label(name).map((e) => invalidValue(path, name, e)));
}
