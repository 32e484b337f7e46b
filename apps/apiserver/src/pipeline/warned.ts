/** What a failed request had to be warned of; kept beside the error, whoever made it. */
const warned = new WeakMap<object, readonly string[]>();

/** Keeps the warnings of a call with what it failed with. */
export function keepWarnings(thrown: unknown, warnings: Iterable<string>): void {
  const texts = [...warnings];
  if (texts.length > 0 && typeof thrown === 'object' && thrown !== null) warned.set(thrown, texts);
}

/** The warnings that belong to a failure, for the face that answers it. */
export function warningsOf(thrown: unknown): readonly string[] {
  return (typeof thrown === 'object' && thrown !== null ? warned.get(thrown) : undefined) ?? [];
}
