import { invalid, type FieldError } from '@rhythm/api';
import type { RequestOptions } from '../ports/types.ts';

const match = 'resourceVersionMatch';
const shownMax = 64;

/** What a list or a deletecollection may not combine. Source: apimachinery, meta internalversion ValidateListOptions. @throws ApiError Invalid. */
export function checkListOptions(options: RequestOptions): void {
  const { resourceVersion = '', resourceVersionMatch: wanted = '' } = options;
  const errors: FieldError[] = [];
  if (wanted !== '') {
    if (resourceVersion === '') errors.push(forbidden(match, 'resourceVersionMatch is forbidden unless resourceVersion is provided'));
    if ((options.continue ?? '') !== '') errors.push(forbidden(match, 'resourceVersionMatch is forbidden when continue is provided'));
    if (wanted !== 'Exact' && wanted !== 'NotOlderThan') errors.push(unsupported(wanted, '"", "Exact", "NotOlderThan"'));
    if (wanted === 'Exact' && resourceVersion === '0') errors.push(forbidden(match, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'));
  }
  if (options.sendInitialEvents !== undefined) errors.push(forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  refuse(errors);
}

/** The same for a watch. @throws ApiError Invalid. */
export function checkWatchOptions(options: RequestOptions): void {
  const { resourceVersionMatch: wanted = '', sendInitialEvents } = options;
  const errors: FieldError[] = [];
  if (sendInitialEvents !== undefined && wanted !== 'NotOlderThan') errors.push(forbidden(match, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'));
  if (wanted !== '') {
    if (sendInitialEvents === undefined) errors.push(forbidden(match, 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'));
    if (wanted !== 'NotOlderThan') errors.push(unsupported(wanted, '"NotOlderThan"'));
    if ((options.continue ?? '') !== '') errors.push(forbidden(match, 'resourceVersionMatch is forbidden when continue is provided'));
  }
  refuse(errors);
}

function refuse(errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', errors);
}

function forbidden(field: string, why: string): FieldError {
  return { type: 'FieldValueForbidden', field, message: `Forbidden: ${why}` };
}

function unsupported(value: string, supported: string): FieldError {
  return { type: 'FieldValueNotSupported', field: match, message: `Unsupported value: ${JSON.stringify(value.slice(0, shownMax))}: supported values: ${supported}` };
}
