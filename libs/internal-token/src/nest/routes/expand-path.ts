/** More forms than this are a mistake, not a route. */
const MAX_FORMS = 32;

/**
 * A route's path in the words of find-my-way, once for each of its forms: `list{/:page}` is `list` and `list/:page`,
 * `:page?` at the end is both as well, `{*path}` and `*path` are `*`.
 * @param groups whether braces are optional groups, as in Express 5; to Fastify they are none
 * @throws TypeError saying what cannot be read
 */
export function expandPath(path: string, groups: boolean): readonly string[] {
  // Nest writes these in the new way for Express.
  const modern = path.replace(/\/(?:\(\.\*\)|\+)$/, '/*').replace(/\{\*\w*\}$/, '*');
  const forms = new Set<string>();
  for (const form of formsOf(modern, groups)) {
    forms.add(form.endsWith('?') ? form.slice(0, -1) : form);
    if (form.endsWith('?')) forms.add(form.replace(/\/:[^/]*\?$/, ''));
    if (forms.size > MAX_FORMS) throw new TypeError(`it has more than ${MAX_FORMS} forms`);
  }
  return [...forms].map((form) => form || '/');
}

interface Position {
  readonly text: string;
  index: number;
}

function formsOf(path: string, groups: boolean): readonly string[] {
  const at: Position = { text: path, index: 0 };
  const forms = readUntilEnd(at, groups, 0);
  if (at.index < path.length) throw new TypeError('"}" closes nothing');
  return forms;
}

/** Reads up to the end of the path, or of the group. */
function readUntilEnd(at: Position, groups: boolean, depth: number): readonly string[] {
  let forms: readonly string[] = [''];
  while (at.index < at.text.length) {
    const char = at.text.charAt(at.index);
    if (char === '}' && groups) {
      if (depth === 0) break;
      return forms;
    }
    if ((char === '{' || char === '}') && !groups) {
      throw new TypeError('Fastify has no optional groups in braces');
    }
    if (char === '{') {
      at.index++;
      const inner = readUntilEnd(at, groups, depth + 1);
      if (at.text.charAt(at.index) !== '}') throw new TypeError('"{" is not closed');
      at.index++;
      forms = forms.flatMap((form) => [form, ...inner.map((part) => form + part)]);
      if (forms.length > MAX_FORMS) throw new TypeError(`it has more than ${MAX_FORMS} forms`);
    } else {
      const part = readPart(at);
      forms = forms.map((form) => form + part);
    }
  }
  if (depth > 0) throw new TypeError('"{" is not closed');
  return forms;
}

function readPart(at: Position): string {
  const rest = at.text.slice(at.index);
  const [part = rest.charAt(0)] = /^(?::\w+|\*\w*|\\.|\()/.exec(rest) ?? [];
  if (part === '(') return readPattern(at);
  at.index += part.length;
  if (part.startsWith('*')) {
    if (at.index < at.text.length) throw new TypeError('a wildcard is not at its end');
    return '*';
  }
  if (part.startsWith('\\')) {
    if (part === '\\*' || part === '\\?') throw new TypeError(`it has "${part}"`);
    return part === '\\:' ? '::' : part.slice(1);
  }
  if (part === '"') throw new TypeError('a parameter has a quoted name');
  return part;
}

/** A regular expression behind a parameter, as it stands: `:id(\d+)`. */
function readPattern(at: Position): string {
  const start = at.index;
  for (let open = 0; at.index < at.text.length; at.index++) {
    const char = at.text.charAt(at.index);
    if (char === '\\') at.index++;
    else if (char === '(') open++;
    else if (char === ')' && --open === 0) return at.text.slice(start, ++at.index);
  }
  throw new TypeError('"(" is not closed');
}
