import { humanDuration, placeholder, recordDurations, type KindDefinition, type KubeObject } from '@rhythm/api';
import type { Instant } from '@rhythm/base';

/** The cells of a row as JSON, in which only the ages are left open: with them a row of an object that has not changed costs no look at the object. */
export interface RowTemplate {
  /** One more than there are ages. */
  readonly texts: readonly string[];
  /** From when on each age counts. */
  readonly since: readonly Instant[];
}

const otherInstantMs = 1_000;

/** The template of an object's cells; `undefined` when they depend on the time in other ways than by ages. */
export function rowTemplate(kind: KindDefinition, object: KubeObject, now: Instant): RowTemplate | undefined {
  const first = recordDurations(() => JSON.stringify(kind.cells(object, now)));
  const second = recordDurations(() => JSON.stringify(kind.cells(object, now + otherInstantMs)));
  if (first.result !== second.result) return undefined;
  const texts: string[] = [];
  const since: Instant[] = [];
  let rest = first.result;
  for (const [index, milliseconds] of first.milliseconds.entries()) {
    // Of something that is over, the duration stays.
    if ((second.milliseconds[index] ?? 0) - milliseconds !== otherInstantMs) return undefined;
    const parts = rest.split(placeholder(index));
    // Shown twice or not at all, or said by the object itself.
    if (parts.length !== 2) return undefined;
    texts.push(parts[0] ?? '');
    since.push(now - milliseconds);
    rest = parts[1] ?? '';
  }
  texts.push(rest);
  return { texts, since };
}

/** The cells as they are now. */
export function cellsOf({ texts, since }: RowTemplate, now: Instant): string {
  let cells = texts[0] ?? '';
  for (let at = 0; at < since.length; at++) cells += humanDuration(now - (since[at] ?? now)) + (texts[at + 1] ?? '');
  return cells;
}
