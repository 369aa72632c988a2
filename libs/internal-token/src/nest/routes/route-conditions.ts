import type { VersioningOptions } from '@nestjs/common';
import { VersioningType } from '@nestjs/common';
import type { IncomingHttpHeaders } from 'node:http';
import { expandPath } from './expand-path.js';
import type { RouteDefinition } from './reflect-routes.js';

/** What a request says beside its path. Undefined: it cannot be told. */
export interface RequestTraits {
  /** The versions it asks for, the preferred first; empty: none. */
  readonly versions: readonly string[] | undefined;
  /** The host it names, with or without a port. */
  readonly host: string | undefined;
}

type Conditions = Pick<RouteDefinition, 'versions' | 'hosts'>;

/** Whether a route whose path fits serves the request, by its versions and hosts; undefined: it cannot be told. */
export function serves({ versions, hosts }: Conditions, traits: RequestTraits): boolean | undefined {
  const version = versions === undefined ? true : versionFits(versions, traits.versions);
  const host = hosts === undefined ? true : hostFits(hosts, traits.host);
  if (version === false || host === false) return false;
  return version === undefined || host === undefined ? undefined : true;
}

function versionFits(versions: readonly (string | null)[], asked: readonly string[] | undefined): boolean | undefined {
  if (versions.every((version) => version === null)) return true;
  if (asked === undefined) return undefined;
  return asked.length === 0 ? versions.includes(null) : asked.some((version) => versions.includes(version));
}

const patterns = new Map<string, RegExp>();

function hostFits(hosts: readonly (string | RegExp)[], authority: string | undefined): boolean | undefined {
  if (authority === undefined) return undefined;
  const [host = ''] = /^(?:\[[^\]]*\]|[^:]*)/.exec(authority) ?? [];
  return hosts.some((entry) => host.match(typeof entry === 'string' ? hostPattern(entry) : entry) !== null);
}

/** `:tenant.shop.example`, as Nest reads it. */
function hostPattern(host: string): RegExp {
  let pattern = patterns.get(host);
  if (pattern === undefined) {
    const forms = expandPath(host, true).map((form) =>
      form
        .replaceAll(/[\\^$.|?+()[\]{}]/g, String.raw`\$&`)
        .replaceAll(/:\w+/g, '[^/]+')
        .replaceAll('*', '.+'),
    );
    patterns.set(host, (pattern = new RegExp(`^(?:${forms.join('|')})$`, 'i')));
  }
  return pattern;
}

/** The version that a request names by its fields; a custom extractor is not asked, so that it cannot be told. */
export function versionsIn(
  headers: IncomingHttpHeaders,
  versioning: VersioningOptions | undefined,
): readonly string[] | undefined {
  switch (versioning?.type) {
    case VersioningType.HEADER: {
      const version = headers[versioning.header.toLowerCase()];
      return version === undefined || version === '' ? [] : [version].flat();
    }
    case VersioningType.MEDIA_TYPE:
      return mediaTypeVersion(headers.accept, versioning.key);
    case VersioningType.CUSTOM:
      return undefined;
    default:
      return [];
  }
}

/** The first parameter of a media range that begins with the key: `application/json;v=2`. */
function mediaTypeVersion(accept: string | undefined, key: string): readonly string[] {
  for (const range of partsOf(accept ?? '', ',')) {
    for (const parameter of partsOf(range, ';').slice(1)) {
      const text = parameter.trim();
      if (!text.startsWith(key)) continue;
      const [, quoted] = /^"(.*)"$/.exec(text.slice(key.length)) ?? [];
      return [quoted === undefined ? text.slice(key.length) : quoted.replaceAll(/\\(.)/g, '$1')];
    }
  }
  return [];
}

/** What stands between separators that are not in a quoted string (RFC 9110 section 5.6.4). */
function partsOf(text: string, separator: string): readonly string[] {
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  for (let index = 0; index < text.length; index++) {
    const char = text[index];
    if (char === '"') quoted = !quoted;
    else if (char === '\\' && quoted) index++;
    else if (char === separator && !quoted) {
      parts.push(text.slice(start, index));
      start = index + 1;
    }
  }
  return [...parts, text.slice(start)];
}
