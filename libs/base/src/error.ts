/** The error for anything thrown, keeping `cause`. */
export function toError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown;
  return new Error(typeof thrown === 'string' ? thrown : JSON.stringify(thrown), { cause: thrown });
}

/** The messages of an error and its causes, outermost first, as one line for people. */
export function causeChain(thrown: unknown): string {
  const messages: string[] = [];
  for (let error: unknown = thrown, depth = 0; error !== undefined && error !== null && depth < 10; depth++) {
    const message = toError(error).message;
    if (messages[messages.length - 1]?.includes(message) !== true) messages.push(message);
    error = error instanceof Error ? error.cause : undefined;
  }
  return messages.join(': ');
}
