import type { Event } from '../../gen/types/core-v1.ts';
import type { FieldError } from '../../status.ts';
import { invalidValue, required } from '../../validation/field-error.ts';
import { checkQualifiedName } from '../../validation/names.ts';
import { immutable } from '../../validation/values.ts';

const textMax = 128;
const noteMax = 1024;

/** An event of the older API; one with an `eventTime` follows the rules of the newer one (pkg/apis/core/validation/events.go). */
export function validateEvent(event: Event, controllerField = 'reportingComponent'): FieldError[] {
  return isSet(event.eventTime) ? validateNewStyle(event, controllerField) : validateOldStyle(event);
}

/** An event that was created through events.k8s.io/v1: the older fields are for servers to fill. */
export function validateNewEvent(event: Event): FieldError[] {
  const errors = validateEvent(event, 'reportingController');
  const { series } = event;
  if (series !== undefined) {
    if ((series.count ?? 0) < 2) errors.push(invalidValue('series.count', '', 'should be at least 2'));
    if (!isSet(series.lastObservedTime)) errors.push(required('series.lastObservedTime'));
  }
  if (!isSet(event.eventTime)) errors.push(required('eventTime'));
  if (event.type !== 'Normal' && event.type !== 'Warning') errors.push(invalidValue('type', '', `has invalid value: ${event.type ?? ''}`));
  for (const field of ['firstTimestamp', 'lastTimestamp', 'count'] as const) if (isSet(event[field])) errors.push(invalidValue(field, '', 'needs to be unset'));
  if (isSet(event.source?.component) || isSet(event.source?.host)) errors.push(invalidValue('source', '', 'needs to be unset'));
  return errors;
}

const fixed = ['involvedObject', 'reason', 'message', 'source', 'firstTimestamp', 'lastTimestamp', 'count', 'eventTime', 'related', 'type', 'action', 'reportingComponent', 'reportingInstance'] as const;

/** Of an event that has an `eventTime` only the series goes on. */
export function validateNewEventUpdate(event: Event, old: Event): FieldError[] {
  if (!isSet(old.eventTime)) return [];
  return fixed.flatMap((field) => immutable(event[field], old[field], field === 'reportingComponent' ? 'reportingController' : field));
}

function validateOldStyle(event: Event): FieldError[] {
  const about = event.involvedObject?.namespace ?? '';
  const home = event.metadata.namespace ?? '';
  const fits = about === '' ? home === '' || home === 'default' : home === about;
  return fits ? [] : [foreign(about)];
}

function validateNewStyle(event: Event, controllerField: string): FieldError[] {
  const about = event.involvedObject?.namespace ?? '';
  const { namespace: home } = event.metadata;
  const controller = event.reportingComponent ?? '';
  const message = event.message ?? '';
  const errors = about === '' && home !== 'default' && home !== 'kube-system' ? [foreign(about)] : [];
  if (about !== '' && about !== home) errors.push(foreign(about));
  if (controller === '') errors.push(required(controllerField));
  else errors.push(...checkQualifiedName(controller).map((e) => invalidValue(controllerField, controller, e)));
  for (const field of ['reportingInstance', 'action', 'reason'] as const) {
    const text = event[field] ?? '';
    if (text === '') errors.push(required(field));
    if (text.length > textMax) errors.push(invalidValue(field, '', `can have at most ${textMax} characters`));
  }
  return message.length > noteMax ? [...errors, invalidValue('message', '', `can have at most ${noteMax} characters`)] : errors;
}

function foreign(namespace: string): FieldError {
  return invalidValue('involvedObject.namespace', namespace, 'does not match event.namespace');
}

function isSet(value: string | number | null | undefined): boolean {
  return value !== undefined && value !== null && value !== '' && value !== 0;
}
