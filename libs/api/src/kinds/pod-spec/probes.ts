import type { HTTPGetAction, Lifecycle, LifecycleHandler, PodSpec, Probe } from '../../gen/types/core-v1.ts';
import type { FieldError } from '../../status.ts';
import { child, forbidden, invalidValue, required, together } from '../../validation/field-error.ts';
import { nonNegative, oneOf, portNumberOrName, positive } from '../../validation/values.ts';

type Handler = LifecycleHandler & Pick<Probe, 'grpc'>;

const times = ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold'] as const;
const handlerTypes = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'] as const;

/** A probe of a container: one handler, sensible times. */
export function validateProbe(probe: Probe | undefined, use: 'liveness' | 'readiness' | 'startup', path: string): FieldError[] {
  if (probe === undefined) return [];
  const errors = validateHandler(probe, path);
  for (const field of times) if ((probe[field] ?? 0) < 0) errors.push(...nonNegative(probe[field], child(path, field)));
  const { terminationGracePeriodSeconds: grace, successThreshold } = probe;
  errors.push(...positive(grace, child(path, 'terminationGracePeriodSeconds')));
  if (use === 'readiness') return grace === undefined ? errors : [...errors, invalidValue(child(path, 'terminationGracePeriodSeconds'), grace, 'must not be set for readinessProbes')];
  return successThreshold === undefined || successThreshold === 1 ? errors : [...errors, invalidValue(child(path, 'successThreshold'), successThreshold, 'must be 1')];
}

export function validateLifecycle(lifecycle: Lifecycle | undefined, spec: PodSpec, path: string): FieldError[] {
  if (lifecycle === undefined) return [];
  return (['postStart', 'preStop'] as const).flatMap((hook) => {
    const handler = lifecycle[hook];
    return handler === undefined ? [] : validateHandler(handler, child(path, hook), spec.terminationGracePeriodSeconds);
  });
}

/** The first handler is judged, the others are refused. */
function validateHandler(handler: Handler, path: string, grace?: number): FieldError[] {
  const [first, ...more] = handlerTypes.filter((type) => handler[type] !== undefined);
  if (first === undefined) return [required(path, 'must specify a handler type')];
  return together(validateFirst(handler, first, child(path, first), grace), more.map((type) => forbidden(child(path, type), 'may not specify more than 1 handler type')));
}

function validateFirst(handler: Handler, type: (typeof handlerTypes)[number], path: string, grace: number | undefined): FieldError[] {
  if (type === 'exec') return (handler.exec?.command ?? []).length === 0 ? [required(child(path, 'command'))] : [];
  if (type === 'httpGet') return handler.httpGet === undefined ? [] : validateHttpGet(handler.httpGet, path);
  if (type === 'tcpSocket') return portNumberOrName(handler.tcpSocket?.port, child(path, 'port'));
  if (type === 'grpc') return portNumberOrName(handler.grpc?.port, child(path, 'port'));
  const seconds = handler.sleep?.seconds ?? 0;
  if (grace === undefined || (seconds >= 0 && seconds <= grace)) return [];
  return [invalidValue(path, seconds, `must be non-negative and less than terminationGracePeriodSeconds (${grace})`)];
}

function validateHttpGet(action: HTTPGetAction, path: string): FieldError[] {
  const errors = (action.path ?? '') === '' ? [required(child(path, 'path'))] : [];
  errors.push(...portNumberOrName(action.port, child(path, 'port')), ...oneOf(action.scheme, child(path, 'scheme'), ['HTTP', 'HTTPS']));
  for (const header of action.httpHeaders ?? []) {
    if (/^[-A-Za-z0-9]+$/.test(header.name)) continue;
    const detail = "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')";
    // Of the list, as upstream has it.
    errors.push(invalidValue(child(path, 'httpHeaders'), header.name, detail));
  }
  return errors;
}
