import { invalid, type ApiError } from '@rhythm/api';
import type { Service } from '@rhythm/api/types/core-v1';

/** 422 for one field of a Service, in Kubernetes' form. */
export function invalidService(service: Service, field: string, value: unknown, why: string): ApiError {
  return invalid({ group: '', kind: 'Service' }, service.metadata.name ?? service.metadata.generateName ?? '', [
    { type: 'FieldValueInvalid', field, message: `Invalid value: ${JSON.stringify(value)}: ${why}` },
  ]);
}

/** The same for a field that may not be there at all. */
export function forbiddenService(service: Service, field: string, why: string): ApiError {
  return invalid({ group: '', kind: 'Service' }, service.metadata.name ?? service.metadata.generateName ?? '', [{ type: 'FieldValueForbidden', field, message: `Forbidden: ${why}` }]);
}
