import type { Event as CoreEvent } from '../../gen/types/core-v1.ts';
import type { Event } from '../../gen/types/events-v1.ts';
import type { KubeObject } from '../../resource.ts';
import { event as coreEvent, eventCells } from '../core/event.ts';
import { defineKind } from '../define-kind.ts';
import { validateEvent, validateNewEvent, validateNewEventUpdate } from '../core/event-validation.ts';
import { isFresh } from '../../validation/object-meta.ts';

/** The newer view of events: the same objects as the core group's, which they are stored as. */
export const event = defineKind<Event>({
  group: 'events.k8s.io',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  shortNames: ['ev'],
  namespaced: true,
  storageVersionHash: 'r2yiGXH7wu8=',
  storedAs: {
    group: '',
    version: 'v1',
    toStored: (object: KubeObject) => toCoreEvent(object as Event),
    fromStored: (object: KubeObject) => fromCoreEvent(object as CoreEvent),
    storedFields: {
      ...Object.fromEntries(['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'].map((field) => [`regarding.${field}`, `involvedObject.${field}`])),
      reportingController: 'reportingComponent',
    },
  },
  // An update may find an event that the older API made.
  validate: (object) => (isFresh(object.metadata) ? validateNewEvent(toCoreEvent(object)) : validateEvent(toCoreEvent(object), 'reportingController')),
  validateUpdate: (object, old) => validateNewEventUpdate(toCoreEvent(object), toCoreEvent(old)),
  columns: coreEvent.columns,
  cells: (object, now) => eventCells(toCoreEvent(object), now),
  selectableFields: (object) => ({
    reason: object.reason ?? '',
    'regarding.kind': object.regarding?.kind ?? '',
    'regarding.namespace': object.regarding?.namespace ?? '',
    'regarding.name': object.regarding?.name ?? '',
    'regarding.uid': object.regarding?.uid ?? '',
    'regarding.apiVersion': object.regarding?.apiVersion ?? '',
    'regarding.resourceVersion': object.regarding?.resourceVersion ?? '',
    'regarding.fieldPath': object.regarding?.fieldPath ?? '',
    reportingController: object.reportingController ?? '',
    type: object.type ?? '',
  }),
});

/** An event of events.k8s.io/v1 as the core group writes it. */
export function toCoreEvent(object: Event): CoreEvent {
  const { regarding, note, deprecatedSource, deprecatedFirstTimestamp, deprecatedLastTimestamp, deprecatedCount, reportingController, reportingInstance, ...same } = object;
  return withoutUndefined({
    ...same,
    apiVersion: 'v1',
    involvedObject: regarding ?? {},
    message: note,
    source: deprecatedSource ?? {},
    firstTimestamp: deprecatedFirstTimestamp,
    lastTimestamp: deprecatedLastTimestamp,
    count: deprecatedCount,
    reportingComponent: reportingController ?? '',
    reportingInstance: reportingInstance ?? '',
  });
}

/** A core event as events.k8s.io/v1 writes it. */
export function fromCoreEvent(object: CoreEvent): Event {
  const { involvedObject, message, source, firstTimestamp, lastTimestamp, count, reportingComponent, reportingInstance, ...same } = object;
  const { series, eventTime, ...rest } = same;
  return withoutUndefined({
    ...rest,
    apiVersion: 'events.k8s.io/v1',
    eventTime: eventTime as string,
    series: series === undefined ? undefined : { count: series.count ?? 0, lastObservedTime: series.lastObservedTime as string },
    regarding: involvedObject ?? {},
    note: message,
    deprecatedSource: source ?? {},
    deprecatedFirstTimestamp: firstTimestamp,
    deprecatedLastTimestamp: lastTimestamp,
    deprecatedCount: count,
    reportingController: reportingComponent === '' ? undefined : reportingComponent,
    reportingInstance: reportingInstance === '' ? undefined : reportingInstance,
  });
}

function withoutUndefined<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
}
