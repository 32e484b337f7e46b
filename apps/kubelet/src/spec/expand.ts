/**
 * Replaces `$(NAME)` by the value of NAME; unknown names stay as they are, `$$` is a literal `$`, so `$$(NAME)` is never replaced
 * (Kubernetes' variable references in env, command, args and subPathExpr).
 */
export function expand(text: string, lookup: (name: string) => string | undefined): string {
  let out = '';
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character !== '$' || at + 1 === text.length) {
      out += character;
      continue;
    }
    const next = text[at + 1];
    const end = next === '(' ? text.indexOf(')', at + 2) : -1;
    if (next === '$') {
      out += '$';
      at++;
    } else if (end !== -1) {
      const name = text.slice(at + 2, end);
      out += lookup(name) ?? `$(${name})`;
      at = end;
    } else {
      out += `$${next ?? ''}`;
      at++;
    }
  }
  return out;
}
