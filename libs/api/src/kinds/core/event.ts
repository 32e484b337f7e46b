import type { Instant } from '@rhythm/base';
import type { Event } from '../../gen/types/core-v1.ts';
import { column, nameColumn, since, wide } from '../columns.ts';
import { defineKind } from '../define-kind.ts';
import { validateEvent } from './event-validation.ts';
import type { Cell } from '../kind.ts';

export const event = defineKind<Event>({
  group: '',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  shortNames: ['ev'],
  namespaced: true,
  storageVersionHash: 'r2yiGXH7wu8=',
  validate: (object) => validateEvent(object),
  columns: [
    column('Last Seen'),
    column('Type'),
    column('Reason'),
    column('Object'),
    wide('Subobject'),
    wide('Source'),
    column('Message'),
    wide('First Seen'),
    wide('Count'),
    { ...nameColumn, priority: 1 },
  ],
  cells: eventCells,
  selectableFields: (object) => ({
    'involvedObject.kind': object.involvedObject?.kind ?? '',
    'involvedObject.namespace': object.involvedObject?.namespace ?? '',
    'involvedObject.name': object.involvedObject?.name ?? '',
    'involvedObject.uid': object.involvedObject?.uid ?? '',
    'involvedObject.apiVersion': object.involvedObject?.apiVersion ?? '',
    'involvedObject.resourceVersion': object.involvedObject?.resourceVersion ?? '',
    'involvedObject.fieldPath': object.involvedObject?.fieldPath ?? '',
    reason: object.reason ?? '',
    reportingComponent: object.reportingComponent ?? '',
    source: object.source?.component ?? object.reportingComponent ?? '',
    type: object.type ?? '',
  }),
});

export function eventCells(object: Event, now: Instant): Cell[] {
  const first = since(object.firstTimestamp ?? object.eventTime, now);
  const last = object.series === undefined ? (object.lastTimestamp ?? undefined) : object.series.lastObservedTime;
  const count = object.series === undefined ? object.count : object.series.count;
  const about = object.involvedObject;
  const kind = (about?.kind ?? '').toLowerCase();
  return [
    last === undefined ? first : since(last, now),
    object.type ?? '',
    object.reason ?? '',
    (about?.name ?? '') === '' ? kind : `${kind}/${about.name ?? ''}`,
    about?.fieldPath ?? '',
    sourceText(object),
    (object.message ?? '').trim(),
    first,
    count === undefined || count === 0 ? 1 : count,
    object.metadata.name ?? '',
  ];
}

function sourceText(object: Event): string {
  const component = orElse(object.source?.component, object.reportingComponent);
  const host = orElse(object.source?.host, object.reportingInstance);
  return host === '' ? component : `${component}, ${host}`;
}

function orElse(text: string | undefined, other: string | undefined): string {
  return text === undefined || text === '' ? (other ?? '') : text;
}
