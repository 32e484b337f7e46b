/** A broken invariant: our own mistake, never the world's. Nobody catches it to go on. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

/** States an invariant; `message` says what should hold. */
export function assert(condition: unknown, message: string): asserts condition {
  if (condition !== true && !condition) throw new AssertionError(`invariant broken: ${message}`);
}

/** Marks the end of an exhaustive switch. */
export function unreachable(value: never): never {
  throw new AssertionError(`unreachable: ${JSON.stringify(value)}`);
}
