import type { LimitRange, LimitRangeItem } from '../../gen/types/core-v1.ts';
import { compareQuantities, parseQuantity, quantityToNumber } from '../../quantity.ts';
import type { Quantity } from '../../quantity.ts';
import type { FieldError } from '../../status.ts';
import { at, child, duplicate, forbidden, invalidValue, required } from '../../validation/field-error.ts';
import { checkQualifiedName } from '../../validation/names.ts';
import { each } from '../../validation/values.ts';
import { checkContainerResourceName, checkResourceName, isOvercommitAllowed } from './resource-names.ts';

const types = ['Container', 'PersistentVolumeClaim', 'Pod'];

export function validateLimitRange({ spec }: LimitRange): FieldError[] {
  const seen = new Set<string>();
  return each(spec?.limits, 'spec.limits', (item, path) => {
    const field = child(path, 'type');
    const repeated = seen.has(item.type) ? [duplicate(field, item.type)] : [];
    seen.add(item.type);
    return [...validateType(item.type ?? '', field), ...repeated, ...validateItem(item, path)];
  });
}

function validateItem(item: LimitRangeItem, path: string): FieldError[] {
  const errors = [...validateNames(item, 'max', path), ...validateNames(item, 'min', path)];
  for (const field of ['default', 'defaultRequest'] as const) {
    if (item.type !== 'Pod') errors.push(...validateNames(item, field, path));
    else if (Object.keys(item[field] ?? {}).length > 0) errors.push(forbidden(child(path, field), "may not be specified when `type` is 'Pod'"));
  }
  if (item.type === 'PersistentVolumeClaim' && item.min?.['storage'] === undefined && item.max?.['storage'] === undefined) {
    errors.push(required(child(path, 'limits'), 'either minimum or maximum storage value is required, but neither was provided'));
  }
  errors.push(...validateNames(item, 'maxLimitRequestRatio', path));
  const names = new Set(amounts.flatMap((field) => (item.type === 'Pod' && field.startsWith('default') ? [] : Object.keys(item[field] ?? {}))));
  return [...errors, ...[...names].flatMap((name) => [...validateOrder(item, name, path), ...validateRatio(item, name, path), ...validateFixed(item, name, path)])];
}

const amounts = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const;
type Amount = (typeof amounts)[number];

function validateType(type: string, path: string): FieldError[] {
  const wrong = checkQualifiedName(type).map((e) => invalidValue(path, type, e));
  return wrong.length > 0 || type.includes('/') || types.includes(type) ? wrong : [invalidValue(path, type, 'must be a standard limit type or fully qualified')];
}

function validateNames(item: LimitRangeItem, field: Amount, path: string): FieldError[] {
  const rule = item.type === 'Pod' || item.type === 'Container' ? checkContainerResourceName : checkResourceName;
  return Object.keys(item[field] ?? {}).flatMap((name) => rule(name).map((e) => invalidValue(at(child(path, field), name), name, e)));
}

function amountOf(item: LimitRangeItem, field: Amount, name: string): Quantity | undefined {
  const text = Object.hasOwn(item[field] ?? {}, name) ? item[field]?.[name] : undefined;
  return text === undefined ? undefined : parseQuantity(text);
}

/** What may not be greater than what; where it is reported, whose value is shown, and in which words. */
const orders: readonly { readonly low: Amount; readonly high: Amount; readonly at: Amount; readonly shown: Amount; readonly words: readonly [string, string] }[] = [
  { low: 'min', high: 'max', at: 'min', shown: 'min', words: ['min', 'max'] },
  { low: 'min', high: 'defaultRequest', at: 'defaultRequest', shown: 'defaultRequest', words: ['min', 'default request'] },
  { low: 'defaultRequest', high: 'max', at: 'defaultRequest', shown: 'defaultRequest', words: ['default request', 'max'] },
  { low: 'defaultRequest', high: 'default', at: 'defaultRequest', shown: 'defaultRequest', words: ['default request', 'default limit'] },
  { low: 'min', high: 'default', at: 'default', shown: 'min', words: ['min', 'default'] },
  { low: 'default', high: 'max', at: 'default', shown: 'max', words: ['default', 'max'] },
];

function validateOrder(item: LimitRangeItem, name: string, path: string): FieldError[] {
  return orders.flatMap((order) => {
    const low = amountOf(item, order.low, name);
    const high = amountOf(item, order.high, name);
    if (low === undefined || high === undefined || compareQuantities(low, high) <= 0) return [];
    const detail = `${order.words[0]} value ${item[order.low]?.[name]} is greater than ${order.words[1]} value ${item[order.high]?.[name]}`;
    return [invalidValue(at(child(path, order.at), name), item[order.shown]?.[name], detail)];
  });
}

function validateRatio(item: LimitRangeItem, name: string, path: string): FieldError[] {
  const ratio = amountOf(item, 'maxLimitRequestRatio', name);
  if (ratio === undefined) return [];
  const text = item.maxLimitRequestRatio?.[name];
  const field = at(child(path, 'maxLimitRequestRatio'), name);
  const errors = compareQuantities(ratio, parseQuantity('1')) < 0 ? [invalidValue(field, text, `ratio ${text} is less than 1`)] : [];
  const [min, max] = [amountOf(item, 'min', name), amountOf(item, 'max', name)];
  if (min === undefined || max === undefined) return errors;
  const possible = quantityToNumber(max) / quantityToNumber(min);
  return quantityToNumber(ratio) > possible ? [...errors, invalidValue(field, text, `ratio ${text} is greater than max/min = ${possible.toFixed(6)}`)] : errors;
}

/** What cannot be promised twice is asked for in full. */
function validateFixed(item: LimitRangeItem, name: string, path: string): FieldError[] {
  const [limit, request] = [amountOf(item, 'default', name), amountOf(item, 'defaultRequest', name)];
  if (isOvercommitAllowed(name) || limit === undefined || request === undefined || compareQuantities(limit, request) === 0) return [];
  const text = item.defaultRequest?.[name];
  return [invalidValue(at(child(path, 'defaultRequest'), name), text, `default value ${item.default?.[name]} must equal to defaultRequest value ${text} in ${name}`)];
}
