const shownMax = 3;

/** The first three of a list, and how many more there are; `empty` for none. */
export function firstOf(list: readonly string[], empty: string): string {
  if (list.length === 0) return empty;
  const shown = list.slice(0, shownMax).join(',');
  return list.length > shownMax ? `${shown} + ${list.length - shownMax} more...` : shown;
}
