import type { HTTPGetAction, Lifecycle, LifecycleHandler, PodSpec, Probe } from '../../gen/types/core-v1.ts';
import type { FieldError } from '../../status.ts';
import { at, child, forbidden, invalidValue, required } from '../../validation/field-error.ts';
import { checkPortNumber } from '../../validation/names.ts';
import { nonNegative, oneOf, portNumberOrName, positive } from '../../validation/values.ts';

type Handler = LifecycleHandler & Pick<Probe, 'grpc'>;

const handlerTypes = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'] as const;

/** A probe of a container: one handler, sensible times. */
export function validateProbe(probe: Probe | undefined, use: 'liveness' | 'readiness' | 'startup', path: string): FieldError[] {
  if (probe === undefined) return [];
  const errors = validateHandler(probe, path);
  for (const field of ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold'] as const) {
    errors.push(...nonNegative(probe[field], child(path, field)));
  }
  if (use !== 'readiness' && probe.successThreshold !== undefined && probe.successThreshold !== 1) {
    errors.push(invalidValue(child(path, 'successThreshold'), probe.successThreshold, 'must be 1'));
  }
  if (probe.terminationGracePeriodSeconds !== undefined) {
    const field = child(path, 'terminationGracePeriodSeconds');
    if (use === 'readiness') errors.push(invalidValue(field, probe.terminationGracePeriodSeconds, 'must not be set for readinessProbes'));
    else errors.push(...positive(probe.terminationGracePeriodSeconds, field));
  }
  return errors;
}

export function validateLifecycle(lifecycle: Lifecycle | undefined, spec: PodSpec, path: string): FieldError[] {
  if (lifecycle === undefined) return [];
  const errors: FieldError[] = [];
  for (const hook of ['postStart', 'preStop'] as const) {
    const handler = lifecycle[hook];
    if (handler === undefined) continue;
    errors.push(...validateHandler(handler, child(path, hook)));
    const grace = spec.terminationGracePeriodSeconds ?? 30;
    const seconds = handler.sleep?.seconds;
    if (seconds !== undefined && (seconds < 0 || seconds > grace)) {
      const detail = `must be non-negative and less than terminationGracePeriodSeconds (${grace})`;
      errors.push(invalidValue(child(path, `${hook}.sleep`), seconds, detail));
    }
  }
  return errors;
}

function validateHandler(handler: Handler, path: string): FieldError[] {
  const given = handlerTypes.filter((type) => handler[type] !== undefined);
  if (given.length === 0) return [required(path, 'must specify a handler type')];
  const [first, ...more] = given;
  const errors = more.map((type) => forbidden(child(path, type), 'may not specify more than 1 handler type'));
  if (first === 'exec' && (handler.exec?.command ?? []).length === 0) errors.push(required(child(path, 'exec.command')));
  if (first === 'httpGet' && handler.httpGet !== undefined) errors.push(...validateHttpGet(handler.httpGet, child(path, 'httpGet')));
  if (first === 'tcpSocket') errors.push(...portNumberOrName(handler.tcpSocket?.port, child(path, 'tcpSocket.port')));
  if (first === 'grpc') {
    const port = handler.grpc?.port ?? 0;
    errors.push(...checkPortNumber(port).map((e) => invalidValue(child(path, 'grpc.port'), port, e)));
  }
  return errors;
}

function validateHttpGet(action: HTTPGetAction, path: string): FieldError[] {
  const errors = (action.path ?? '') === '' ? [required(child(path, 'path'))] : [];
  errors.push(...portNumberOrName(action.port, child(path, 'port')), ...oneOf(action.scheme, child(path, 'scheme'), ['HTTP', 'HTTPS']));
  for (const [i, header] of (action.httpHeaders ?? []).entries()) {
    if (/^[-A-Za-z0-9]+$/.test(header.name)) continue;
    const detail = "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')";
    errors.push(invalidValue(child(at(child(path, 'httpHeaders'), i), 'name'), header.name, detail));
  }
  return errors;
}
