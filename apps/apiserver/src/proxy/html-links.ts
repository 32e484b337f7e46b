import { proxyLimits } from './limits.ts';

/** The attributes that hold a link, by element (HTML 4.01 and 5, attributes of type URI). */
const linkAttributes: Readonly<Record<string, readonly string[]>> = {
  a: ['href'], applet: ['codebase'], area: ['href'], audio: ['src'], base: ['href'], blockquote: ['cite'], body: ['background'], button: ['formaction'], command: ['icon'], del: ['cite'],
  embed: ['src'], form: ['action'], frame: ['longdesc', 'src'], head: ['profile'], html: ['manifest'], iframe: ['longdesc', 'src'], img: ['longdesc', 'src', 'usemap'],
  input: ['src', 'usemap', 'formaction'], ins: ['cite'], link: ['href'], object: ['classid', 'codebase', 'data', 'usemap'], q: ['cite'], script: ['src'], source: ['src'], video: ['poster', 'src'],
};
const linksByElement = new Map(Object.entries(linkAttributes));
/** Elements whose content is text up to their own end tag. */
const rawTextElements: ReadonlySet<string> = new Set(['script', 'style', 'textarea', 'title', 'xmp', 'iframe', 'noembed', 'noframes']);

const tagStart = /<(?:!--|[a-zA-Z/])/g;
const attribute = /([^\s"'<>/=]+)(\s*=\s*)("[^"]*"|'[^']*'|[^\s"'=<>`]+)/g;

/**
 * Rewrites the links of a page that comes in pieces. It looks at tags only, and keeps at most one unfinished tag: a page of
 * any length passes through.
 */
export class HtmlLinks {
  readonly #rewrite: (link: string) => string;
  #held = '';
  /** Inside a comment or raw text: what ends it. */
  #until: string | undefined;

  constructor(rewrite: (link: string) => string) {
    this.#rewrite = rewrite;
  }

  write(chunk: Buffer): Buffer {
    // Bytes, not characters: tags and links are ASCII in every encoding that pages come in but UTF-16.
    return Buffer.from(this.#take(this.#held + chunk.toString('latin1'), false), 'latin1');
  }

  end(): Buffer {
    return Buffer.from(this.#take(this.#held, true), 'latin1');
  }

  #take(text: string, last: boolean): string {
    let done = '';
    let at = 0;
    this.#held = '';
    const hold = (from: number): string => {
      if (last || text.length - from > proxyLimits.tagBytesMax) return done + text.slice(from);
      this.#held = text.slice(from);
      return done;
    };
    for (;;) {
      if (this.#until !== undefined) {
        const end = indexIgnoringCase(text, this.#until, at);
        if (end === -1) {
          const keep = Math.max(at, text.length - this.#until.length);
          done += text.slice(at, keep);
          return hold(keep);
        }
        done += text.slice(at, end);
        at = end;
        this.#until = undefined;
        // The end tag itself is an ordinary tag; the end of a comment is passed over.
        if (text.startsWith('-->', at)) {
          done += '-->';
          at += 3;
        }
      }
      tagStart.lastIndex = at;
      const start = tagStart.exec(text)?.index;
      if (start === undefined) {
        // A tag may begin with the last bytes.
        const tail = text.slice(-3).lastIndexOf('<');
        const keep = tail === -1 ? text.length : Math.max(at, text.length - Math.min(3, text.length) + tail);
        done += text.slice(at, keep);
        return hold(keep);
      }
      done += text.slice(at, start);
      at = start;
      if (text.startsWith('<!--', at)) {
        done += '<!--';
        at += 4;
        this.#until = '-->';
        continue;
      }
      const end = tagEnd(text, at);
      if (end === -1) return hold(at);
      const tag = text.slice(at, end);
      done += this.#tag(tag);
      at = end;
      const name = elementOf(tag);
      if (rawTextElements.has(name) && !tag.startsWith('</')) this.#until = `</${name}`;
    }
  }

  #tag(tag: string): string {
    const links = linksByElement.get(elementOf(tag));
    if (links === undefined || tag.startsWith('</')) return tag;
    return tag.replace(attribute, (whole: string, name: string, equals: string, value: string) => {
      if (!links.includes(name.toLowerCase())) return whole;
      const quote = value.startsWith('"') || value.startsWith("'") ? value.charAt(0) : '';
      const link = quote === '' ? value : value.slice(1, -1);
      const rewritten = this.#rewrite(unescapeAmp(link));
      return rewritten === unescapeAmp(link) ? whole : `${name}${equals}${quote}${escapeFor(rewritten, quote)}${quote}`;
    });
  }
}

function elementOf(tag: string): string {
  return (/^<\/?([a-zA-Z][^\s/>]*)/.exec(tag)?.[1] ?? '').toLowerCase();
}

/** After the `>` that ends the tag at `from`, quotes counted; -1 when it has not come yet. */
function tagEnd(text: string, from: number): number {
  let quote = '';
  for (let at = from + 1; at < text.length; at++) {
    const char = text.charAt(at);
    if (quote !== '') {
      if (char === quote) quote = '';
    } else if (char === '>') return at + 1;
    // A quote begins a value only after `=`: elsewhere it is a stray character.
    else if ((char === '"' || char === "'") && /=\s*$/.test(text.slice(Math.max(from, at - 16), at))) quote = char;
  }
  return -1;
}

function indexIgnoringCase(text: string, needle: string, from: number): number {
  if (needle === '-->') return text.indexOf(needle, from);
  const pattern = new RegExp(`${needle}(?=[\\s/>])`, 'gi');
  pattern.lastIndex = from;
  return pattern.exec(text)?.index ?? -1;
}

function unescapeAmp(link: string): string {
  return link.replace(/&amp;/g, '&');
}

function escapeFor(link: string, quote: string): string {
  const escaped = link.replace(/&/g, '&amp;').replace(/</g, '&lt;');
  return quote === "'" ? escaped.replace(/'/g, '&#39;') : quote === '"' ? escaped.replace(/"/g, '&quot;') : escaped.replace(/[\s"'>`]/g, encodeURIComponent);
}
