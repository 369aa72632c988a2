import { html } from 'htm/preact';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { icon } from './icon.js';

/**
 * Copies a text to the clipboard. A page opened from disk may not be allowed to: then select the text beside the
 * button.
 */
export function CopyButton({ text, label }: { readonly text: string; readonly label: string }): VNode {
  const [copied, setCopied] = useState(false);
  const copy = (): void => {
    navigator.clipboard?.writeText(text).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  };
  const name = copied ? 'Copied' : label;
  return html`<button
    class="quiet"
    type="button"
    title=${name}
    aria-label=${name}
    onClick=${copy}
    onBlur=${() => setCopied(false)}
  >
    ${icon(copied ? 'passed' : 'copy')}
  </button>`;
}
