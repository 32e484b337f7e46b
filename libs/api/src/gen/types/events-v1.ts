// Generated from proto/k8s/events/v1.proto. Do not edit.
import type { EventSource, ObjectReference } from './core-v1.ts';
import type { ListMeta, ObjectMeta } from './meta-v1.ts';

export interface Event {
  metadata: ObjectMeta;
  eventTime: string;
  series?: EventSeries;
  reportingController?: string;
  reportingInstance?: string;
  action?: string;
  reason?: string;
  regarding: ObjectReference;
  related?: ObjectReference;
  note?: string;
  type?: string;
  deprecatedSource: EventSource;
  deprecatedFirstTimestamp?: string;
  deprecatedLastTimestamp?: string;
  deprecatedCount?: number;
  kind?: string;
  apiVersion?: string;
}

export interface EventList {
  metadata: ListMeta;
  items: Event[];
  kind?: string;
  apiVersion?: string;
}

export interface EventSeries {
  count: number;
  lastObservedTime: string;
}
