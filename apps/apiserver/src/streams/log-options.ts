import { ApiError, invalid, type FieldError } from '@rhythm/api';
import { parseTime } from '@rhythm/base';
import type { LogsRequest } from '@rhythm/proto/node';
import { flag, wholeNumber } from './query.ts';

/** What of a log is wanted, from the query of `pods/log` (PodLogOptions). @throws ApiError BadRequest, Invalid. */
export function logOptions(podName: string, query: URLSearchParams): Omit<LogsRequest, 'container'> {
  const [tailLines, limitBytes, sinceSeconds] = [wholeNumber(query, 'tailLines'), wholeNumber(query, 'limitBytes'), wholeNumber(query, 'sinceSeconds')];
  const sinceTime = query.get('sinceTime') ?? '';
  const stream = query.get('stream') ?? '';
  if (sinceTime !== '' && parseTime(sinceTime) === undefined) throw new ApiError('BadRequest', 'sinceTime is not a time in RFC 3339 form');
  const errors: FieldError[] = [];
  const bad = (field: string, value: unknown, message: string): void => void errors.push({ type: 'FieldValueInvalid', field, message: `Invalid value: ${JSON.stringify(value)}: ${message}` });
  if (tailLines !== undefined && tailLines < 0) bad('tailLines', tailLines, 'must be greater than or equal to 0');
  if (limitBytes !== undefined && limitBytes < 1) bad('limitBytes', limitBytes, 'must be greater than 0');
  if (sinceSeconds !== undefined && sinceSeconds < 1) bad('sinceSeconds', sinceSeconds, 'must be greater than 0');
  if (sinceSeconds !== undefined && sinceTime !== '') errors.push({ type: 'FieldValueForbidden', field: '', message: 'Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified' });
  if (!['', 'All', 'Stdout', 'Stderr'].includes(stream)) errors.push({ type: 'FieldValueNotSupported', field: 'stream', message: `Unsupported value: ${JSON.stringify(stream)}: supported values: "All", "Stdout", "Stderr"` });
  if ((stream === 'Stdout' || stream === 'Stderr') && tailLines !== undefined) errors.push({ type: 'FieldValueForbidden', field: '', message: '`tailLines` and specific `stream` are mutually exclusive for now' });
  if (errors.length > 0) throw invalid({ group: '', kind: 'PodLogOptions' }, podName, errors);
  return {
    follow: flag(query, 'follow'),
    previous: flag(query, 'previous'),
    timestamps: flag(query, 'timestamps'),
    tailLines: big(tailLines),
    limitBytes: big(limitBytes),
    sinceSeconds: big(sinceSeconds),
    sinceTime,
    stream: stream === 'All' ? '' : stream,
  };
}

function big(value: number | undefined): bigint | undefined {
  return value === undefined ? undefined : BigInt(value);
}
