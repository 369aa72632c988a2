import { html } from 'htm/preact';
import type { ComponentChildren, VNode } from 'preact';
import { useState } from 'preact/hooks';
import { HelpOverlay, type Help } from './help.js';
import { icon } from './icon.js';
import { useKeys } from './keyboard.js';
import { useTheme } from './theme.js';

interface AppShellProps {
  readonly title: string;
  readonly help: Help;
  /** Shown beside the title. */
  readonly status?: ComponentChildren;
  readonly children: ComponentChildren;
}

/** The frame of every page: name, colours, help. */
export function AppShell({ title, help, status, children }: AppShellProps): VNode {
  const [theme, nextTheme] = useTheme();
  const [helping, setHelping] = useState(false);
  useKeys({ '?': () => setHelping(true), t: nextTheme });
  return html`<div class="shell">
    <div class="top-bar">
      <span class="product"><b>itok</b> ${title}</span>
      <span class="top-status">${status}</span>
      <button type="button" class="quiet" aria-keyshortcuts="t" aria-label="Colours: ${theme}" onClick=${nextTheme}>
        ${icon('sun')} ${theme}
      </button>
      <button type="button" class="quiet" aria-keyshortcuts="?" onClick=${() => setHelping(true)}>
        <kbd>?</kbd> help
      </button>
    </div>
    <main>${children}</main>
    ${helping && html`<${HelpOverlay} help=${help} onClose=${() => setHelping(false)} />`}
  </div>`;
}
