import { invalid, managerNameBytesMax, patchTypeOf, type FieldError } from '@rhythm/api';
import { isApply } from './field-managers.ts';
import type { ResourceRequest } from '../ports/types.ts';

const validations = new Set(['', 'Ignore', 'Warn', 'Strict']);
const shownMax = 64;

/**
 * The options of a create, an update or a patch: a name no manager may have, an apply without one, `force` where nothing is applied,
 * a dry run of another kind than all. Source: apimachinery, meta/v1 validation.
 * @throws ApiError Invalid.
 */
export function checkWriteOptions(request: ResourceRequest): void {
  const optionsKind = { create: 'CreateOptions', update: 'UpdateOptions', patch: 'PatchOptions' }[request.verb];
  if (optionsKind === undefined) return;
  const { fieldManager = '', fieldValidation = '', force, dryRun } = request.options;
  const errors: FieldError[] = [];
  if (isApply(request) && fieldManager === '') errors.push({ type: 'FieldValueRequired', field: 'fieldManager', message: 'Required value: is required for apply patch' });
  if (force !== undefined && patchTypeOf(request.contentType) !== undefined && request.verb === 'patch') errors.push({ type: 'FieldValueForbidden', field: 'force', message: 'Forbidden: may not be specified for non-apply patch' });
  errors.push(...managerErrors(fieldManager), ...dryRunErrors(dryRun));
  if (!validations.has(fieldValidation)) {
    errors.push({ type: 'FieldValueNotSupported', field: 'fieldValidation', message: `Unsupported value: ${JSON.stringify(fieldValidation.slice(0, shownMax))}: supported values: "Ignore", "Strict", "Warn"` });
  }
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: optionsKind }, '', errors);
}

/** `dryRun` may only say that all is a rehearsal: anything else must not be taken for the real thing. */
export function dryRunErrors(dryRun: readonly string[] | undefined): FieldError[] {
  if (dryRun === undefined || dryRun.every((value) => value === 'All')) return [];
  const shown = dryRun.slice(0, shownMax).map((value) => JSON.stringify(value.slice(0, shownMax)));
  return [{ type: 'FieldValueNotSupported', field: 'dryRun', message: `Unsupported value: []string{${shown.join(', ')}}: supported values: "All"` }];
}

function managerErrors(fieldManager: string): FieldError[] {
  const errors: FieldError[] = [];
  if (Buffer.byteLength(fieldManager) > managerNameBytesMax) errors.push({ type: 'FieldValueTooLong', field: 'fieldManager', message: `Too long: may not be more than ${managerNameBytesMax} bytes` });
  if (/[\p{C}\p{Zl}\p{Zp}]/u.test(fieldManager)) errors.push({ type: 'FieldValueInvalid', field: 'fieldManager', message: `Invalid value: ${JSON.stringify(fieldManager.slice(0, managerNameBytesMax))}: should only contain printable characters` });
  return errors;
}
